/** Keeps a proxy of the machine out of calls to this machine. */

/** Addresses of this machine. */
const LOOPBACK = '127.0.0.1,localhost,::1';

/**
 * Adds this machine to `NO_PROXY`. With `NODE_USE_ENV_PROXY` and `HTTP_PROXY`, Node would send calls
 * to 127.0.0.1 to the proxy too. Node prefers the name in lower case.
 * https://nodejs.org/api/http.html#built-in-proxy-support
 */
export function callLoopbackDirectly(env: NodeJS.ProcessEnv): void {
  const before = env['no_proxy'] ?? env['NO_PROXY'] ?? '';
  const all = before.includes(LOOPBACK)
    ? before
    : [before, LOOPBACK].filter((part) => part !== '').join(',');
  env['no_proxy'] = all;
  env['NO_PROXY'] = all;
}
