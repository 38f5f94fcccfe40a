/**
 * The health check of a container: whether the collector in it is alive (`/livez`), whatever it observes. Exits with 0 or 1.
 *
 * A program of its own beside the command, run every few seconds: it reads no configuration and imports one module, because anything more
 * costs a multiple of a bare Node process (`node:http` alone twice that). The port is that of the variable `VITALS_PORT`; default 9464.
 */
import { connect } from "node:net";

const TIMEOUT_MS = 5_000;
/** Enough for the head and the body of `/livez`. */
const LONGEST_ANSWER = 10_000;

const port = process.env["VITALS_PORT"] || "9464";
const request = `GET /livez HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n\r\n`;

const socket = connect(Number(port), "127.0.0.1", () => socket.write(request));
let answer = "";
socket.setEncoding("utf8");
socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no response within ${TIMEOUT_MS / 1_000}s`)));
socket.on("data", (chunk) => {
  answer = (answer + String(chunk)).slice(0, LONGEST_ANSWER);
});
socket.on("error", ({ message }) => {
  console.log(`http://127.0.0.1:${port}/livez: ${message}`);
  process.exitCode = 1;
});
socket.on("close", (hadError) => {
  if (hadError) return;
  console.log(answer.slice(answer.indexOf("\r\n\r\n") + 4).trim());
  process.exitCode = answer.startsWith("HTTP/1.1 200 ") ? 0 : 1;
});
