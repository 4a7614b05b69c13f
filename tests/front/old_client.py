"""The client of the replaced service as its callers have it: nothing here may be changed for ours.

Usage: python old_client.py http://HOST:8000 < lines
Each line is `image_url url_type`, to recognise, or `image_url code share`, to correct.
"""

import sys

import requests


def ocr(host, image_url, url_type):
    response = requests.post(
        host + "/ocr_handler", json={"image_url": image_url, "url_type": url_type}, timeout=60
    )
    return _result(response)


def update(host, image_url, fund_code, hold_share):
    response = requests.post(
        host + "/ocr_info_update",
        json={
            "image_url": image_url,
            "update_fund_code": fund_code,
            "update_hold_share": hold_share,
        },
        timeout=60,
    )
    return _result(response)


def _result(response):
    # A wrong request was 400; everything else came with 200, failures too.
    if response.status_code not in (200, 400):
        raise RuntimeError(f"HTTP {response.status_code}")
    result = response.json()
    if "error" in result:
        return "error: " + result["error"]
    if "congratulations" in result:
        return result["congratulations"]
    if result["flag"]:
        return result["data"]["fund_code"] + " " + result["data"]["hold_share"]
    return "nothing found"


def main():
    host = sys.argv[1]
    for line in sys.stdin:
        parts = line.split()
        try:
            print(ocr(host, *parts) if len(parts) == 2 else update(host, *parts))
        except (requests.RequestException, ValueError, KeyError, RuntimeError) as error:
            print("failed: " + str(error))


if __name__ == "__main__":
    main()
