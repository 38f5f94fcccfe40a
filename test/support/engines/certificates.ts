import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate and its key, as PEM, and the files that contain them. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Certificates {
  /** Signed the server's and the client's certificate. */
  readonly ca: Certificate;
  /** For 127.0.0.1 and localhost. */
  readonly server: Certificate;
  readonly client: Certificate;
  /** Another authority, which signed neither. */
  readonly stranger: Certificate;
}

/** Makes an authority and certificates with openssl. @param folder where the files are written */
export function makeCertificates(folder: string): Certificates {
  const make = (name: string, ...args: readonly string[]): Certificate => {
    const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", keyFile];
    execFileSync("openssl", ["req", "-x509", ...key, "-out", certFile, "-days", "2", "-subj", `/CN=${name}`, ...args], { stdio: "pipe" });
    return { certFile, keyFile, cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
  };
  const ca = make("ca");
  const signed = ["-CA", ca.certFile, "-CAkey", ca.keyFile, "-addext", "basicConstraints=critical,CA:FALSE"];
  return {
    ca,
    server: make("server", ...signed, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
    client: make("client", ...signed),
    stranger: make("stranger"),
  };
}
