curl -o cases.csv 'http://127.0.0.1:8000/api/v1/cases.csv?mode=sea'
curl -o laws.xlsx 'http://127.0.0.1:8000/api/v1/laws.xlsx?article=6.1.a'
curl -o works.ris 'http://127.0.0.1:8000/api/v1/works.ris?q=Libya'
