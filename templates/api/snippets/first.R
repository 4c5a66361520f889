library(jsonlite)

address <- "http://127.0.0.1:8000/api/v1/cases/"
answer <- fromJSON(paste0(address, "?mode=sea&verdict=convicted&page_size=5"))
cat(answer$count, "cases\n")
print(answer$results[, c("decision_date", "jurisdiction", "title")])
