import requests

address = "http://127.0.0.1:8000/api/v1/cases/?cursor=*&page_size=100&expand=defendants"
cases = []
while address:
    answer = requests.get(address, timeout=30).json()
    cases += answer["results"]
    address = answer["next"]
people = sum(person["count"] for case in cases for person in case["defendants"])
print(len(cases), "cases with", people, "defendants")
