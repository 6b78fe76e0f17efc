from fastapi import FastAPI

app = FastAPI()


@app.get("/report/{number}")
async def report(number: int) -> dict[str, int]:
    return {"number": number, "answer": number * 7}
