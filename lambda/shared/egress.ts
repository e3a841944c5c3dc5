/** How the functions reach AWS and PagerDuty: directly or through a proxy, by which endpoints. */

import { Agent } from 'node:https';
import { ENV } from './environment.ts';

/** What a stage decided about the calls of its functions. */
export interface Egress {
  /** Use the endpoints of AWS with validated cryptography (FIPS 140). @default false */
  readonly useFipsEndpoint: boolean;
  /**
   * Makes the agent that calls through the proxy of the stage. Each client needs its own, because
   * clients close idle connections of their agent.
   * @default none: the stage has no proxy
   */
  readonly proxyAgent: (() => Agent) | undefined;
}

/** Calls that go directly to the usual endpoints. */
export const DIRECT: Egress = { useFipsEndpoint: false, proxyAgent: undefined };

/**
 * Longest time from the begin of a connection through the proxy to the end of the TLS handshake with
 * the server, milliseconds. Clients stop waiting earlier. This frees what they leave behind.
 */
const LONGEST_CONNECT = 10_000;

/**
 * An agent that calls through a proxy, with `CONNECT`. With Node's own support, each bundle grows by
 * 0.7 KB; the package https-proxy-agent would add 17 KB. But a proxy that accepts the connection and
 * does not answer would leave a socket open per call, for ever: Node gives a request no socket before
 * the tunnel is ready, so the end of the request closes nothing.
 * https://nodejs.org/docs/latest-v24.x/api/http.html#built-in-proxy-support
 */
class ProxyAgent extends Agent {
  readonly #longestConnect: number;

  constructor(proxyEnv: NodeJS.ProcessEnv, longestConnect: number) {
    super({ keepAlive: true, proxyEnv });
    this.#longestConnect = longestConnect;
  }

  override createConnection(...[options, callback]: Parameters<Agent['createConnection']>) {
    const timer = setTimeout(() => {
      // Without a tunnel: the hosts in `NO_PROXY`. The agent knows their sockets from the begin.
      const known = Object.values(this.sockets).concat(Object.values(this.freeSockets)).flat();
      if (!known.some((one) => one === socket)) socket?.destroy();
    }, this.#longestConnect).unref();
    const socket = super.createConnection(options, (error, stream) => {
      clearTimeout(timer);
      callback?.(error, stream);
    });
    return socket;
  }
}

/**
 * Reads the decisions from the environment variables.
 *
 * @param longestConnect longest time to make a connection through the proxy, milliseconds
 */
export function egressOf(
  env: Readonly<Record<string, string | undefined>>,
  longestConnect = LONGEST_CONNECT,
): Egress {
  const { [ENV.httpsProxy]: HTTPS_PROXY, [ENV.noProxy]: NO_PROXY } = env;
  return {
    useFipsEndpoint: env[ENV.useFipsEndpoint] === 'true',
    proxyAgent:
      HTTPS_PROXY === undefined
        ? undefined
        : () => new ProxyAgent({ HTTPS_PROXY, NO_PROXY }, longestConnect),
  };
}

/** The agent of an AWS client, as an option of its request handler. */
export function agentOption({ proxyAgent }: Egress): { readonly httpsAgent?: Agent } {
  return proxyAgent === undefined ? {} : { httpsAgent: proxyAgent() };
}
