// Whether the service in this container is ready; what it answers ends up in `docker inspect`. Node is all there is in
// the image to ask with.
import { get } from 'node:http';

const request = get(process.env.READY_URL, { timeout: 3_000 }, (response) => {
  response.pipe(process.stdout);
  process.exitCode = response.statusCode === 200 ? 0 : 1;
});
request.on('timeout', () => request.destroy(new Error('no answer within 3 s')));
request.on('error', ({ message }) => {
  process.stdout.write(`${message}\n`);
  process.exitCode = 1;
});
