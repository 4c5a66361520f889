curl 'http://127.0.0.1:8000/api/v1/cases/?fields=code,title,decision_date,defendants'
curl 'http://127.0.0.1:8000/api/v1/laws/?expand=provisions&page_size=5'
