"""A class of forty on one server, on the loopback, bounded in count and time (opt-in: `-m load`)."""

import asyncio
import time
from urllib.parse import quote

import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.serving import serve

SESSIONS, LIMIT_SECONDS = 40, 240
WORDS = ["cat", "dog", "tree", "sun"]


async def student(number: int, address: str) -> tuple[list[float], int, int]:
    """One session: the flag, then texts of its own. (seconds of each, exceptions, wrong answers)"""
    took, exceptions, wrong = [], 0, 0
    async with websockets.connect(address, subprotocols=["streamlit"], max_size=None) as socket:
        for word in ["", *WORDS]:
            query = f"prompt={quote(f'Number {number} saw the {word}')}" if word else ""
            message = BackMsg()
            message.rerun_script.query_string = query
            begun, seen = time.monotonic(), not word
            await socket.send(message.SerializeToString())
            while True:
                reply = ForwardMsg()
                reply.ParseFromString(await asyncio.wait_for(socket.recv(), LIMIT_SECONDS))
                if reply.WhichOneof("type") == "script_finished":
                    break
                element = reply.delta.new_element
                exceptions += element.WhichOneof("type") == "exception"
                seen = seen or f"Number {number} saw the {word}" in str(element.bidi_component)
            took.append(time.monotonic() - begun)
            wrong += not seen
            await asyncio.sleep(1.5)
    return took, exceptions, wrong


@pytest.mark.load
def test_forty_students_get_their_own_answers():
    async def everyone(address: str) -> list[tuple[list[float], int, int]]:
        tasks = [student(i, address) for i in range(SESSIONS)]
        return await asyncio.wait_for(asyncio.gather(*tasks), LIMIT_SECONDS)

    with serve() as url:
        time.sleep(40)  # the idle server opens its models after 20 s
        results = asyncio.run(everyone(url.replace("http", "ws") + "/_stcore/stream"))
    first = sorted(took[0] for took, _, _ in results)
    later = sorted(seconds for took, _, _ in results for seconds in took[1:])
    for name, values in (("the flag", first), ("a new text", later)):
        middle, late = values[len(values) // 2], values[int(0.95 * len(values))]
        print(f"{SESSIONS} sessions, {name}: p50 {middle:.2f} s, p95 {late:.2f} s")
    assert sum(exceptions for _, exceptions, _ in results) == 0
    assert sum(wrong for _, _, wrong in results) == 0
