__version__: str = "3.4.1+amzn.2"
