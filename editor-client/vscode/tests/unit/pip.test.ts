import assert from "node:assert/strict";
import { test } from "node:test";

import { PipSteps, troubleOf } from "../../src/pip";

test("what pip says becomes steps whose share never falls", () => {
  const steps = new PipSteps(125);
  const said = [
    "Processing ./echo_completion-0.1.0-py3-none-any.whl",
    "Collecting numpy<3,>=1.26",
    "  Downloading numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl (16.9 MB)",
    "  Downloading http://127.0.0.1/simple/x/attrs-26.1.0-py3-none-any.whl (67 kB)",
    "  Downloading llama_cpp_python-0.3.36.tar.gz (76.6 MB)",
    "Building wheels for collected packages: llama-cpp-python",
    "Installing collected packages: numpy, attrs",
    "Successfully installed numpy-2.4.6",
  ];
  assert.deepEqual(
    said.flatMap((line) => steps.read(line) ?? []),
    [
      { kind: "fetching", what: "numpy", percent: 11 },
      { kind: "fetching", what: "attrs", percent: 11 },
      { kind: "fetching", what: "llama_cpp_python", percent: 60 },
      { kind: "building", what: "llama-cpp-python", percent: 80 },
      { kind: "unpacking", what: "", percent: 85 },
    ],
  );
});

test("why pip failed is told by its own words", () => {
  const retrying = "WARNING: Retrying (Retry(total=1)) after connection broken by";
  const none = "ERROR: No matching distribution found for attrs>=24.3";
  assert.equal(troubleOf(`${retrying} 'NewConnectionError(...: [Errno 111] Connection refused)'\n${none}`), "network");
  assert.equal(troubleOf(`${retrying} 'ProxyError('Cannot connect to proxy.', NewConnectionError())'\n${none}`), "proxy");
  assert.equal(troubleOf(`${retrying} 'SSLError(... CERTIFICATE_VERIFY_FAILED)'`), "certificate");
  assert.equal(troubleOf("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"), "room");
  assert.equal(troubleOf("ERROR: Failed building wheel for llama-cpp-python"), "build");
  assert.equal(troubleOf(none), undefined);
});
