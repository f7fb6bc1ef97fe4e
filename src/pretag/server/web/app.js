// Which page is shown: the part of the address after #. Signing in and out.
import {forgetToken, get, keepToken, token} from './api.js';
import {datasetView, datasetsView} from './datasets.js';
import {h, heading} from './page.js';
import {runView} from './run.js';
import {runsView, workersView} from './runs.js';

const main = document.getElementById('main');
const navigation = document.querySelector('header nav');
const trouble = document.getElementById('trouble');
let leaving = new AbortController();  // of the page that is shown
let followed = false;                 // a link of these pages leads to what is shown next

const VIEWS = {
  runs: (id) => (id ? runView : runsView),
  datasets: (id) => (id ? datasetView : datasetsView),
  workers: () => workersView,
};

function complain(message) {
  trouble.textContent = message ?? '';
  trouble.hidden = !message;
}

// Calls `look` now and again after as many ms as it says, null: no more. Not while nobody sees the page; when the server
// does not answer, it is asked again.
const pollFor = (signal) => async (look) => {
  let timer = null;
  const again = (ms) => {
    clearTimeout(timer);
    if (ms !== null && !signal.aborted) timer = setTimeout(step, ms);
  };
  const step = async () => {
    if (document.hidden) return again(1000);
    try {
      again(await look());
      complain(null);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 401) return signOut(error.message);
      complain(`${error.message} Trying again …`);
      again(5000);
    }
  };
  signal.addEventListener('abort', () => clearTimeout(timer));
  again(await look());
};

async function show() {
  leaving.abort();
  leaving = new AbortController();
  const {signal} = leaving;
  complain(null);
  navigation.hidden = !token();
  if (!token()) return signIn();
  const [path, query] = location.hash.slice(2).split('?');
  const [page, id] = path.split('/').map(decodeURIComponent);
  const view = (VIEWS[page] ?? VIEWS.runs)(id);
  for (const link of navigation.querySelectorAll('a')) {
    const here = link.getAttribute('href') === `#/${VIEWS[page] ? page : 'runs'}`;
    if (here) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  main.setAttribute('aria-busy', 'true');
  let arrived = false;
  // For views, as soon as their heading stands: who has begun to use what is there must not lose the focus to it later.
  const arrive = () => {
    if (!arrived && !signal.aborted) announce();
    arrived = true;
  };
  try {
    await view({main, signal, id, params: new URLSearchParams(query), poll: pollFor(signal), arrive, signOut});
  } catch (error) {
    if (signal.aborted) return;
    if (error.status === 401) return signOut(error.message);
    main.replaceChildren(...heading(error.status === 404 ? 'Not found' : 'That did not work'), h('p', {}, error.message));
    arrived = false;
  }
  if (signal.aborted) return;
  main.removeAttribute('aria-busy');
  arrive();
}

// Readers of the page hear where they are, and see its beginning where a link has led there. Where the browser has gone
// back, it knows better.
function announce() {
  const title = main.querySelector('h1');
  document.title = `${title?.textContent ?? ''} · Pretag`;
  title?.focus({preventScroll: true});
  if (followed) scrollTo({top: 0, behavior: 'instant'});
  followed = false;
}

function signIn(message = '') {
  const input = h('input', {type: 'password', id: 'token', autocomplete: 'off', spellcheck: 'false', required: true,
                            'aria-describedby': 'token-help'});
  const answer = h('p', {class: 'wrong', role: 'alert'}, message);
  const submit = async (event) => {
    event.preventDefault();
    keepToken(input.value.trim());
    try {
      await get('/v1/datasets', {pageSize: 1});
      show();
    } catch (error) {
      forgetToken();
      answer.textContent = error.status === 401 ? 'This token is unknown or revoked.' : error.message;
      input.select();
    }
  };
  main.removeAttribute('aria-busy');
  // Without a name the token never gets into an address.
  main.replaceChildren(h('form', {class: 'sign-in', onsubmit: submit}, ...heading('Sign in to Pretag'),
    h('label', {for: 'token'}, 'Token'), input,
    h('p', {class: 'hint', id: 'token-help'}, 'The one your scripts use. ', h('code', {}, 'pretag token create'),
      ' makes another. It is forgotten when this tab is closed.'),
    answer, h('button', {type: 'submit', class: 'primary'}, 'Sign in')));
  document.title = 'Sign in · Pretag';
  input.focus();
}

function signOut(message = '') {
  leaving.abort();
  forgetToken();
  navigation.hidden = true;
  complain(null);
  signIn(message);
}

document.getElementById('sign-out').addEventListener('click', () => signOut());
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.querySelector('h1')?.focus();
});
document.addEventListener('click', (event) => {
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
  const link = elsewhere ? null : event.target.closest('a[href^="#/"]');
  followed = Boolean(link) && link.getAttribute('href') !== location.hash;
});
addEventListener('hashchange', show);
show();
