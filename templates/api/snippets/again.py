import requests

address = "http://127.0.0.1:8000/api/v1/laws/?jurisdiction=ITA"
first = requests.get(address, timeout=30)
again = requests.get(address, headers={"If-None-Match": first.headers["ETag"]}, timeout=30)
print(again.status_code)  # 304: nothing has changed
