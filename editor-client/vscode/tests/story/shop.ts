// Where a first run fetches from, on loopback: a package index (PEP 503) over a folder of wheels, a
// hub with one model, and a proxy that lets nothing through. Nothing else is reached.
//
// Left out: what is asserted. In the same process as the story, which holds a file back in its
// middle and lets go again.
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";

interface Hold {
  readonly name: string;
  readonly bytes: number;
  readonly reached: () => void;
  readonly released: Promise<void>;
}

export class Shop {
  readonly #server = http.createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });
  readonly #refusing = http.createServer((_, response) => response.writeHead(403).end());
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "echo-shop-"));
  #hold: Hold | undefined;
  #letGo = (): void => undefined;
  wheelBytes = 0; // that were sent
  readonly resumedAt: number[] = []; // of the model's file

  private constructor(
    private readonly wheels: string,
    private readonly model: string,
  ) {
    this.#refusing.on("connect", (_, socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
  }

  static async open(wheels: string, model: string): Promise<Shop> {
    const shop = new Shop(wheels, model);
    for (const each of [shop.#server, shop.#refusing]) {
      await new Promise<void>((resolve) => each.listen(0, "127.0.0.1", resolve));
    }
    return shop;
  }

  get index(): string {
    return `${addressOf(this.#server)}/simple`;
  }

  get hub(): string {
    return addressOf(this.#server);
  }

  get refusingProxy(): string {
    return addressOf(this.#refusing);
  }

  /** Let pip ask this index and no other, whatever the machine's own configuration names. */
  pipUses(index: string): void {
    const nothing = "extra-index-url =\nfind-links =\nno-index =\n";
    fs.writeFileSync(path.join(this.folder, "pip.conf"), `[global]\nindex-url = ${index}\n${nothing}`);
  }

  /** Hold the file that is called so back behind its first bytes; comes back when it is asked for. */
  held(name: string, bytes: number): Promise<void> {
    const released = new Promise<void>((resolve) => (this.#letGo = resolve));
    return new Promise((reached) => (this.#hold = { name, bytes, reached, released }));
  }

  letGo(): void {
    this.#hold = undefined;
    this.#letGo();
  }

  async close(): Promise<void> {
    this.letGo();
    for (const each of [this.#server, this.#refusing]) {
      each.closeAllConnections();
      await new Promise((resolve) => each.close(resolve));
    }
    fs.rmSync(this.folder, { recursive: true });
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const [, first, second = ""] = (request.url ?? "").split("/");
    if (first === "simple") {
      const found = fs.readdirSync(this.wheels).filter((name) => projectOf(name) === second);
      const links = found.map((name) => `<a href="/wheels/${name}">${name}</a>`).join("\n");
      response.writeHead(found.length > 0 ? 200 : 404, { "Content-Type": "text/html" });
      response.end(`<!DOCTYPE html><html><body>${links}</body></html>`);
    } else if (first === "wheels" && fs.existsSync(path.join(this.wheels, path.basename(second)))) {
      this.wheelBytes += await this.#send(path.join(this.wheels, path.basename(second)), request, response);
    } else if ((request.url ?? "").endsWith(`/${path.basename(this.model)}`)) {
      await this.#send(this.model, request, response);
    } else {
      response.writeHead(404).end();
    }
  }

  async #send(file: string, request: http.IncomingMessage, response: http.ServerResponse): Promise<number> {
    const { size } = fs.statSync(file);
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    if (start > 0) this.resumedAt.push(start);
    response.writeHead(start > 0 ? 206 : 200, {
      "Content-Length": size - start,
      ...(start > 0 ? { "Content-Range": `bytes ${start}-${size - 1}/${size}` } : {}),
    });
    let from = start;
    const hold = this.#hold;
    // Until it is let go, also for whoever gave up waiting and comes again for the rest.
    if (hold !== undefined && path.basename(file).startsWith(hold.name)) {
      if (from < hold.bytes) await pipeline(fs.createReadStream(file, { start: from, end: hold.bytes - 1 }), response, { end: false });
      from = Math.max(from, hold.bytes);
      hold.reached();
      await Promise.race([hold.released, new Promise((resolve) => response.once("close", resolve))]);
      if (response.destroyed) return from - start;
    }
    await pipeline(fs.createReadStream(file, { start: from }), response);
    return size - start;
  }
}

function addressOf(server: http.Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The project of a wheel's file, as an index spells it. */
function projectOf(wheel: string): string {
  return (wheel.split("-")[0] ?? "").toLowerCase().replaceAll(/[-_.]+/g, "-");
}
