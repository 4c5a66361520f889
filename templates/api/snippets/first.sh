curl 'http://127.0.0.1:8000/api/v1/cases/?mode=sea&verdict=convicted&page_size=1'
