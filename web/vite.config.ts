import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const SERVER = 'http://127.0.0.1:8000';

/** Puts a .br and a .gz beside every file that is text, for the server to send as they are. */
function precompress(): Plugin {
  let outDir: string;
  return {
    name: 'precompress',
    apply: 'build',
    configResolved(config) {
      outDir = config.build.outDir;
    },
    async closeBundle() {
      const files = await readdir(outDir, { recursive: true });
      for (const file of files.filter((name) => /\.(js|css|html|svg)$/.test(name))) {
        const path = join(outDir, file);
        const bytes = await readFile(path);
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        await writeFile(`${path}.br`, brotliCompressSync(bytes, { params }));
        await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Whatever runs the build, such as tests: never React as it is for development.
  define: { 'process.env.NODE_ENV': '"production"' },
  oxc: { jsx: { runtime: 'automatic', development: false } },
  build: {
    outDir: fileURLToPath(new URL('../dist/web', import.meta.url)),
    emptyOutDir: true,
    // The policy of the page allows no data: in styles or scripts.
    assetsInlineLimit: 0,
    modulePreload: false,
  },
  plugins: [precompress()],
  server: {
    proxy: {
      '/api': SERVER,
      '/trpc': { target: SERVER, ws: true },
      '/docs': SERVER,
      '/openapi.json': SERVER,
    },
  },
});
