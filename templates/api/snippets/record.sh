curl -L -H 'Accept: application/json' 'http://127.0.0.1:8000/id/aus-migration-act-1958'
curl -L 'http://127.0.0.1:8000/id/aus-migration-act-1958.bib'
