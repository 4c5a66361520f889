import requests

answer = requests.get(
    "http://127.0.0.1:8000/api/v1/cases/",
    params={"mode": "sea", "verdict": "convicted", "page_size": 5},
    timeout=30,
).json()
print(answer["count"], "cases")
for case in answer["results"]:
    print(case["decision_date"], case["jurisdiction"], case["title"])
