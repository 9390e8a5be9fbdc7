import { expect, test } from "vitest";
import { asCurl } from "./curl";

test("a request becomes one command", () => {
  const request = { method: "POST", url: "https://example.com/a?b=1", headers: { Authorization: "Bearer ••••" }, body: '{"a":1}' };

  expect(asCurl(request)).toBe(
    "curl -X POST 'https://example.com/a?b=1' \\\n  -H 'Authorization: Bearer ••••' \\\n  --data-raw '{\"a\":1}'",
  );
});

test("a quote in a value can't end the command's quotes", () => {
  const request = { method: "GET", url: "https://example.com/'; rm -rf ~", headers: {}, body: "" };

  expect(asCurl(request)).toBe("curl -X GET 'https://example.com/'\\''; rm -rf ~'");
});
