from sickle import Sickle

portal = Sickle("http://127.0.0.1:8000/oai")
for record in portal.ListRecords(metadataPrefix="oai_dc", set="bibliography", ignore_deleted=True):
    print(record.header.identifier, record.metadata["title"][0])
