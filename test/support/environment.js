/**
 * Jest's environment for Node, with globals that cost nothing to read. Jest makes a context whose
 * global object is intercepted, so each `Math`, `Map` or `JSON` in a test is a call into Node: a
 * simulated outage took three times as long as outside Jest.
 * https://nodejs.org/api/vm.html#vmconstantsdont_contextify
 */

import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

export default class extends TestEnvironment {
  /** @param {ConstructorParameters<typeof TestEnvironment>} options as Jest passes them */
  constructor(...options) {
    const { createContext } = vm;
    // Jest's class creates its context itself.
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(...options);
    } finally {
      vm.createContext = createContext;
    }
  }
}
