"""Joins research's products with our own tickets and writes the counts for marketing: three accounts, and nothing of roles in it."""

from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("tickets-by-product").getOrCreate()
products = spark.read.json("s3://research-data/products/")
tickets = spark.read.json("s3://customer-service-data/tickets/")
counts = tickets.join(products, "product").groupBy("product", "team").count()
counts.write.mode("overwrite").parquet("s3://marketing-reports/tickets-by-product/")
print(f"products={products.count()} tickets={tickets.count()} written={counts.count()}")
spark.stop()
