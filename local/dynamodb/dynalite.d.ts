/** The part of dynalite's API that is used here. dynalite 4.0.0 has no types. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  /**
   * Makes a server of DynamoDB's API, with tables in memory. It needs no port: it answers what is
   * passed to its listeners of the event `request`.
   *
   * @param options.createTableMs time that a new table stays in the status CREATING
   */
  export default function dynalite(options?: { readonly createTableMs?: number }): Server;
}
