// Signing in the page through NCALayer (module kz.gov.pki.knca.basics). Enhances a form that works
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
const OPEN_MS_MAX = 8000;

/// Why signing did not come about: the name of the text that says so.
class SigningError extends Error {
  constructor(text) {
    super(text);
    this.text = text;
  }
}

function requestOf(form) {
  const bytes = [...form.querySelectorAll('[data-sign-bytes]')].map((field) => field.value);
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
  if (answer.status !== true) {
    const words = `${answer.message ?? ''} ${answer.details ?? ''}`.toLowerCase();
    if (/cancel/.test(words)) throw new SigningError('cancelled');
    throw new SigningError(/key|cert/.test(words) ? 'wrongKey' : 'failed');
  }
  const result = answer.body?.result;
  // An empty body is how the program says that the person closed the window.
  if (result === undefined) throw new SigningError('cancelled');
  return Array.isArray(result) ? result : [result];
}

function askProgram(address, request, onOpen) {
  return new Promise((resolve, reject) => {
    let socket;
    try {
      socket = new WebSocket(address);
    } catch {
      reject(new SigningError('missing'));
      return;
    }
    let opened = false;
    const timer = setTimeout(() => !opened && socket.close(), OPEN_MS_MAX);
    socket.addEventListener('open', () => {
      opened = true;
      onOpen();
      socket.send(JSON.stringify(request));
    });
    socket.addEventListener('message', (event) => {
      try {
        const answer = JSON.parse(event.data);
        if (answer.result?.version) return; // the greeting
        resolve(signaturesIn(answer));
      } catch (error) {
        reject(error instanceof SigningError ? error : new SigningError('failed'));
      }
      socket.close();
    });
    socket.addEventListener('close', () => {
      clearTimeout(timer);
      reject(new SigningError(opened ? 'failed' : 'missing'));
    });
  });
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
      const waiting = () => say('waiting');
      const signatures = await askProgram(form.dataset.ncalayer, requestOf(form), waiting);
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
