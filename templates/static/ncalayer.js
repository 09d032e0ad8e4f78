// Signing in the page through NCALayer: the module kz.gov.pki.knca.basics, which signs many
// documents in one act, or, with a program that is too old for it, kz.gov.pki.knca.commonUtils, one
// document after the other. Enhances a form that works
// without script, where the person downloads the bytes and uploads the CMS:
//
//   <form data-sign data-ncalayer="wss://127.0.0.1:13579/" data-usage="sign|login" data-iin="…">
//     <input type="hidden" data-sign-bytes value="Base64 of the bytes to sign">   one or more
//     <input type="hidden" data-sign-result name="signature">                     as many
//     <button type="button" data-sign-start hidden>…</button>
//     <p role="status" data-sign-status
//        data-text-connecting="…" data-text-waiting="…" data-text-sending="…"
//        data-text-cancelled="…" data-text-missing="…" data-text-wrong-key="…"
//        data-text-failed="…"></p>
//   </form>
//
// The bytes never change here, and the server verifies what comes back: nothing is trusted from the
// page or the program. No dependencies; runs under a CSP without inline script.

const USAGE = { sign: '1.3.6.1.5.5.7.3.4', login: '1.3.6.1.5.5.7.3.2' };
const OLDER_MODULE = 'kz.gov.pki.knca.commonUtils';
const OPEN_MS_MAX = 8000;

/// Why signing did not come about: the name of the text that says so.
class SigningError extends Error {
  constructor(text) {
    super(text);
    this.text = text;
  }
}

function bytesOf(form) {
  return [...form.querySelectorAll('[data-sign-bytes]')].map((field) => field.value);
}

function requestOf(form) {
  const bytes = bytesOf(form);
  const login = form.dataset.usage === 'login';
  return {
    module: 'kz.gov.pki.knca.basics',
    method: 'sign',
    args: {
      allowedStorages: null,
      format: 'cms',
      data: bytes.length === 1 ? bytes[0] : bytes,
      signingParams: {
        decode: true,
        encapsulate: false,
        digested: false,
        ...(login ? {} : { tsaProfile: {} }),
      },
      signerParams: {
        extKeyUsageOids: [login ? USAGE.login : USAGE.sign],
        iin: form.dataset.iin ?? '',
        bin: form.dataset.bin ?? '',
        serialNumber: '',
        chain: null,
      },
      locale: document.documentElement.lang || 'kk',
    },
  };
}

/// The signatures in an answer of the program; throws SigningError.
function signaturesIn(answer) {
  if (answer.status !== true) throw failure(answer);
  const result = answer.body?.result;
  // An empty body is how the program says that the person closed the window.
  if (result === undefined) throw new SigningError('cancelled');
  return Array.isArray(result) ? result : [result];
}

function failure(answer) {
  const words = `${answer.message ?? ''} ${answer.details ?? ''}`.toLowerCase();
  if (/cancel/.test(words)) return new SigningError('cancelled');
  return new SigningError(/key|cert/.test(words) ? 'wrongKey' : 'failed');
}

/// One conversation with the program: answers come in the order of the requests.
class Program {
  static open(address) {
    return new Promise((resolve, reject) => {
      let socket;
      try {
        socket = new WebSocket(address);
      } catch {
        reject(new SigningError('missing'));
        return;
      }
      const timer = setTimeout(() => socket.close(), OPEN_MS_MAX);
      socket.addEventListener('open', () => {
        clearTimeout(timer);
        resolve(new Program(socket));
      });
      // What the browser itself forbids ends with an error alone.
      for (const end of ['error', 'close'])
        socket.addEventListener(end, () => {
          clearTimeout(timer);
          reject(new SigningError('missing'));
        });
    });
  }

  constructor(socket) {
    this.socket = socket;
    this.waiting = null;
    socket.addEventListener('message', (event) => this.take(event.data));
    socket.addEventListener('close', () => this.waiting?.reject(new SigningError('failed')));
  }

  take(text) {
    try {
      const answer = JSON.parse(text);
      if (answer.result?.version) return; // the greeting
      this.waiting?.resolve(answer);
    } catch {
      this.waiting?.reject(new SigningError('failed'));
    }
    this.waiting = null;
  }

  ask(request) {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.send(JSON.stringify(request));
    });
  }

  close() {
    this.socket.close();
  }
}

/// A call of the older module, which answers {code, responseObject}.
async function askOlder(program, method, args) {
  const answer = await program.ask({ module: OLDER_MODULE, method, args });
  if (String(answer.code) !== '200') throw failure(answer);
  return answer.responseObject;
}

async function signWithOlder(program, form) {
  const tokens = await askOlder(program, 'getActiveTokens', []);
  const storage = tokens?.[0] ?? 'PKCS12';
  const login = form.dataset.usage === 'login';
  const method = login ? 'createCMSSignatureFromBase64' : 'createCAdESFromBase64';
  const signatures = [];
  for (const bytes of bytesOf(form)) {
    const args = [storage, login ? 'AUTHENTICATION' : 'SIGNATURE', bytes, false];
    signatures.push(await askOlder(program, method, args));
  }
  return signatures;
}

async function sign(form, onOpen) {
  const program = await Program.open(form.dataset.ncalayer);
  try {
    onOpen();
    const answer = await program.ask(requestOf(form));
    // Only a program that does not know the module answers in the older form.
    if (answer.status === undefined) return await signWithOlder(program, form);
    return signaturesIn(answer);
  } finally {
    program.close();
  }
}

function enhance(form) {
  const button = form.querySelector('[data-sign-start]');
  const status = form.querySelector('[data-sign-status]');
  const fields = [...form.querySelectorAll('[data-sign-result]')];
  const say = (name) => {
    const key = `text${name[0].toUpperCase()}${name.slice(1)}`;
    status.textContent = status.dataset[key] ?? '';
    status.dataset.state = name;
  };
  let busy = false;
  button.hidden = false;
  button.addEventListener('click', async () => {
    if (busy) return;
    busy = true;
    button.setAttribute('aria-disabled', 'true');
    say('connecting');
    try {
      const signatures = await sign(form, () => say('waiting'));
      if (signatures.length !== fields.length) throw new SigningError('failed');
      fields.forEach((field, index) => (field.value = signatures[index]));
      say('sending');
      form.requestSubmit();
    } catch (error) {
      say(error instanceof SigningError ? error.text : 'failed');
      button.removeAttribute('aria-disabled');
      busy = false;
    }
  });
}

document.querySelectorAll('form[data-sign]').forEach(enhance);
