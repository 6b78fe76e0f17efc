from sqlalchemy import table

accounts = table("account")
print(update(accounts))  # noqa: F821  # here
