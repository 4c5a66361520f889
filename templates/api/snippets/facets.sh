curl 'http://127.0.0.1:8000/api/v1/cases/?verdict=convicted&facets=mode,gender&page_size=1&fields=code'
