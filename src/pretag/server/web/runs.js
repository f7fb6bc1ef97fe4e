// The list of runs, with what is happening in them, and the workers.
import {get} from './api.js';
import {duration, h, heading, moment, plural, replace, table, words} from './page.js';

export const OVER = ['COMPLETED', 'FAILED', 'CRASHED', 'ABORTED'];
export const isOver = (run) => OVER.includes(run.state);
export const SOON = 2000, LATER = 10000;  // ms until the next look, while something runs and otherwise
const PAGE = 50;

export function badge(state) {
  const kind = state === 'COMPLETED' || state === 'IDLE' ? 'good'
    : ['FAILED', 'CRASHED', 'ABORTED'].includes(state) ? 'bad'
    : state === 'OFFLINE' || state === 'OPEN' ? 'quiet' : 'busy';
  return h('span', {class: `badge ${kind}`, 'data-state': state}, words(state));
}

// "Pretagging: 1,200/3,000 images" has a bar.
export function progress(run) {
  if (isOver(run)) return null;
  const found = /([\d,]+)\s*(?:\/|of)\s*([\d,]+)/.exec(run.message ?? '');
  const [done, all] = found ? found.slice(1).map((text) => Number(text.replaceAll(',', ''))) : [0, 0];
  return all > 0 ? h('progress', {value: Math.min(done, all), max: all, 'aria-label': 'Progress of this state'}) : null;
}

export function runsTable(runs, names, caption) {
  const columns = ['Run', 'Dataset', 'State', 'Last message', 'Took'].map((title) => ({title}));
  const rows = runs.map((run) => h('tr', {'data-run': run.id},
    h('th', {scope: 'row'}, h('a', {href: `#/runs/${run.id}`}, moment(run.createdAt))),
    h('td', {}, run.datasetId ? h('a', {href: `#/datasets/${run.datasetId}`}, names.get(run.datasetId) ?? run.datasetId) : '–'),
    h('td', {}, badge(run.state)),
    h('td', {class: 'message'}, run.message ?? '', progress(run)),
    h('td', {class: 'nowrap'}, duration((isOver(run) ? run.lastModifiedAt : Date.now()) - run.createdAt))));
  return table(caption, columns, rows, 'No runs yet. A script schedules one, and a worker takes it.');
}

export async function datasetNames(signal) {
  const [own, shared] = await Promise.all([
    get('/v1/datasets', {}, signal), get('/v1/datasets', {shared: 'true'}, signal)]);
  return new Map([...own, ...shared].map((dataset) => [dataset.id, dataset.name]));
}

export async function runsView({main, signal, poll, arrive}) {
  let shown = PAGE;
  const waiting = h('p', {class: 'hint', role: 'status'});
  const list = h('div');
  const more = h('button', {type: 'button', hidden: true, onclick: () => { shown += PAGE; refresh(); }}, 'Show older runs');
  main.replaceChildren(...heading('Runs', waiting, list, more));
  arrive();
  let before = '', names = new Map();
  const refresh = async () => {
    const [runs, jobs] = await Promise.all([
      get('/v1/docker/runs', {pageSize: shown + 1}, signal),
      get('/v1/docker/worker/schedule', {includeUnlockableRuns: 'true'}, signal)]);
    const ids = runs.map((run) => run.datasetId).filter(Boolean);
    if (ids.some((id) => !names.has(id))) {
      names = await datasetNames(signal);
      // Runs stay when their dataset is deleted: it has no name, and is not asked for again.
      for (const id of ids) if (!names.has(id)) names.set(id, undefined);
    }
    more.hidden = runs.length <= shown;
    const text = jobs.length === 0 ? '' : `${plural(jobs.length, 'job')} ${jobs.length === 1 ? 'waits' : 'wait'} for a worker.`;
    if (waiting.textContent !== text) waiting.textContent = text;
    const now = JSON.stringify(runs);
    const running = runs.some((run) => !isOver(run));
    // The time that running ones took goes on.
    if (now !== before || running) replace(list, runsTable(runs.slice(0, shown), names, 'The newest run is first.'));
    before = now;
    return running || jobs.length > 0 ? SOON : LATER;
  };
  await poll(refresh);
}

export async function workersView({main, signal, poll, arrive}) {
  const list = h('div');
  main.replaceChildren(...heading('Workers', list));
  arrive();
  let before = '';
  const columns = ['Worker', 'State', 'Labels', 'Version', 'Last sign of life', 'ID'].map((title) => ({title}));
  await poll(async () => {
    const workers = await get('/v1/docker/worker', {}, signal);
    const now = JSON.stringify(workers);
    // What has not changed can be marked and copied.
    if (now !== before) replace(list, table(`${plural(workers.length, 'worker')}.`, columns, workers.map((worker) => h('tr', {'data-worker': worker.id},
      h('th', {scope: 'row'}, worker.name),
      h('td', {}, badge(worker.state)),
      h('td', {}, worker.labels.join(', ') || '–'),
      h('td', {}, worker.dockerVersion ?? '–'),
      h('td', {}, moment(worker.lastModifiedAt)),
      h('td', {}, h('code', {}, worker.id)))),
      'No workers yet. Register one from a script, then start it: pretag worker token=… worker.worker_id=…'));
    before = now;
    return workers.some((worker) => worker.state === 'BUSY') ? SOON : LATER;
  });
}
