/**
 * One instance of a function: a deployed bundle in a process with the environment of its function,
 * under the credentials of its role.
 *
 * fork(function-process.mjs, [<bundle>])
 *
 * @module
 */
const [, , bundle] = process.argv;
const { handler } = await import(bundle);

/** What the handlers use of the context. */
const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 60_000 };

process.on('message', async ({ id, event }) => {
  try {
    process.send({ id, result: (await handler(event, context)) ?? null });
  } catch (error) {
    process.send({
      id,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
});
process.on('disconnect', () => process.exit(0));
process.send({ ready: true });
