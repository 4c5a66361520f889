cases <- read.csv("http://127.0.0.1:8000/api/v1/cases.csv?mode=sea", fileEncoding = "UTF-8-BOM")
print(sort(table(cases$jurisdiction), decreasing = TRUE))
