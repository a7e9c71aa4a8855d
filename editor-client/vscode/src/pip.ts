// What pip says, as a person is told it: how far it is, and why it failed.
//
// Left out: running it (`install`), the sentences for a failure (`commands/server`).
//
// Rules
//  - pip's words are no interface: a line that is not understood moves nothing, and a failure that
//    is not understood keeps pip's own last words.

/** Why nothing could be installed, as far as pip's words tell. */
export type Trouble = "proxy" | "certificate" | "network" | "room" | "build";

const SIGNS: readonly (readonly [Trouble, RegExp])[] = [
  // A proxy that refuses is named inside the words of a connection that failed, so it comes first.
  ["proxy", /ProxyError|Cannot connect to proxy|Tunnel connection failed|Proxy Authentication Required/],
  ["certificate", /CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError/],
  ["network", /NewConnectionError|ConnectTimeout|ReadTimeout|NameResolutionError|Connection refused|ConnectionResetError|RemoteDisconnected|ProtocolError/],
  ["room", /No space left on device|Disk quota exceeded/],
  ["build", /Failed building wheel|Failed to build|build_wheel|CMake Error/],
];

export function troubleOf(said: string): Trouble | undefined {
  return SIGNS.find(([, sign]) => sign.test(said))?.[0];
}

/** One step of an installation; `percent` never falls. */
export interface Step {
  readonly kind: "fetching" | "building" | "unpacking";
  readonly what: string;
  readonly percent: number;
}

const FETCHED_PERCENT = 80; // when all is fetched; what is left is building and unpacking
const UNPACKING_PERCENT = 85;

export class PipSteps {
  #fetchedMb = 0;

  /** `expectedMb`: about as much is going to be fetched. */
  constructor(private readonly expectedMb: number) {}

  /** What a line of pip's output tells, if it is a step. */
  read(line: string): Step | undefined {
    const fetched = /^\s*Downloading (?:\S*\/)?(\S+?)-\d\S* \(([\d.]+) (k|M)B\)/.exec(line);
    if (fetched !== null) {
      const [, what = "", amount, unit] = fetched;
      this.#fetchedMb += Number(amount) / (unit === "k" ? 1000 : 1);
      return { kind: "fetching", what, percent: this.#percent() };
    }
    const building = /^\s*Building wheels? for (?:collected packages: )?([^\s(]+)/.exec(line);
    if (building !== null) return { kind: "building", what: building[1] ?? "", percent: FETCHED_PERCENT };
    if (/^\s*Installing collected packages/.test(line)) {
      return { kind: "unpacking", what: "", percent: UNPACKING_PERCENT };
    }
    return undefined;
  }

  #percent(): number {
    return Math.min(FETCHED_PERCENT, Math.round((this.#fetchedMb / this.expectedMb) * FETCHED_PERCENT));
  }
}
