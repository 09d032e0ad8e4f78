// The system under test: `./run --demo` with a state folder and ports of its own. Everything that
// the stories know about it comes from what a person could read or open too.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

const START_SECONDS_MAX = 120;
const STOP_SECONDS_MAX = 60;

function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/// A port with which the portal and its simulators (10 to 14 above) find room.
async function freePort() {
  for (let port = 20000 + (process.pid % 200) * 40; port < 40000; port += 40) {
    const wanted = [0, 10, 11, 12, 13, 14].map((above) => port + above);
    const free = await Promise.all(wanted.map(isFree));
    if (free.every(Boolean)) return port;
  }
  throw new Error('no free ports');
}

function waitFor(child, log) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`./run was not ready in ${START_SECONDS_MAX} s:\n${log.text}`)),
      START_SECONDS_MAX * 1000,
    );
    const see = (chunk) => {
      log.text += chunk;
      if (!log.text.includes('Qyzmet serves at')) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout.on('data', see);
    child.stderr.on('data', see);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`./run ended with ${code}:\n${log.text}`));
    });
  });
}

function serve(state, port, environment) {
  return spawn(
    path.join(root, 'run'),
    ['--demo', '--no-install', '--state', path.join(state, 'state'), '--port', String(port)],
    {
      // The people of the stories come through a proxy, see browser.mjs.
      env: { ...process.env, QYZMET_EDGE_ADDRESSES: '127.0.0.1', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
}

async function end(child) {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS_MAX * 1000);
  await ended;
  clearTimeout(timer);
}

/// Starts a fresh system; `programs` is the folder of the built programs.
export async function startSite({ programs = path.join(root, 'build/test/services') } = {}) {
  const state = fs.mkdtempSync(path.join(os.tmpdir(), 'qyzmet-site.'));
  fs.chmodSync(state, 0o755); // the database's own user passes through when we are root
  const port = await freePort();
  const log = { text: '' };
  const environment = { QYZMET_PROGRAMS: programs };
  let child = serve(state, port, environment);
  const site = {
    port,
    state: path.join(state, 'state'),
    url: `http://127.0.0.1:${port}`,
    pki: `http://127.0.0.1:${port + 10}`,
    sms: `http://127.0.0.1:${port + 11}`,
    ncalayer: `http://127.0.0.1:${port + 13}`,
    mobile: `http://127.0.0.1:${port + 14}`,
    log,
    /// Ends it and starts it again on the same state, with this environment besides.
    async again(more) {
      await end(child);
      log.text = '';
      child = serve(state, port, { ...environment, ...more });
      await waitFor(child, log);
    },
    async stop() {
      await end(child);
      fs.rmSync(state, { recursive: true, force: true });
    },
  };
  try {
    await waitFor(child, log);
  } catch (error) {
    await site.stop();
    throw error;
  }
  return site;
}
