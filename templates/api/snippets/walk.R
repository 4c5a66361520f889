library(jsonlite)

address <- "http://127.0.0.1:8000/api/v1/cases/?cursor=*&page_size=100&fields=code,decision_date"
cases <- NULL
while (!is.null(address)) {
  answer <- fromJSON(address)
  cases <- rbind(cases, answer$results)
  address <- answer$`next`
}
cat(nrow(cases), "cases\n")
