/** Variables of a process that a test starts: nothing of yours that could change what it does. */
export function childEnvironment(own: Readonly<NodeJS.ProcessEnv> = {}): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return { PATH, NODE_COMPILE_CACHE, ...own };
}
