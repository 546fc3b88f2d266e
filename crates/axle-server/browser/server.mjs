// Serves a gallery as Axle would serve its pages: the same addresses, the same content security policy.
import { createServer } from 'node:http';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };

export async function serve(folder) {
  const policy = await readFile(join(folder, 'content-security-policy.txt'), 'utf8');
  const server = createServer(async (request, response) => {
    try {
      let path = join(folder, normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname)));
      if ((await stat(path)).isDirectory()) path = join(path, 'index.html');
      const body = await readFile(path);
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain', 'content-security-policy': policy });
      response.end(body);
    } catch {
      response.writeHead(404, { 'content-security-policy': policy });
      response.end('not found');
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
