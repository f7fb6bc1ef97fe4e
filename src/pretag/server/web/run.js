// One run: what it does or did, its files, its log.
import {get, part} from './api.js';
import {duration, h, heading, moment, number, plural, replace, words} from './page.js';
import {SOON, badge, isOver, progress} from './runs.js';

const SHOWN_LINES = 2000;  // of the log; the file has all of them
const KINDS = {
  REPORT_PDF: ['Report', 'pdf'], REPORT_JSON: ['Report as JSON', 'text'], REPORT_V2_JSON: ['Report as JSON, version 2', 'text'],
  LOG: ['Log', 'text'], MEMLOG: ['Memory log', 'text'], CHECKPOINT: ['Checkpoint', null],
  CORRUPTNESS_CHECK_INFORMATION: ['Damaged files', 'text'], SEQUENCE_INFORMATION: ['Sequences', 'text'],
  RELEVANT_FILENAMES: ['Relevant file names', 'text'],
};

const fact = (name, ...values) => h('div', {}, h('dt', {}, name), h('dd', {}, ...values));

function facts(run) {
  return h('dl', {class: 'facts'},
    fact('State', badge(run.state)),
    fact('Message', run.message || '–', progress(run)),
    fact('Started', moment(run.createdAt)),
    fact(isOver(run) ? 'Ended' : 'Last news', moment(run.lastModifiedAt)),
    fact('Took', duration((isOver(run) ? run.lastModifiedAt : Date.now()) - run.createdAt)),
    fact('Worker version', run.dockerVersion),
    fact('ID', h('code', {}, run.id)));
}

// Links are asked for once each: they are good for days.
class Artifacts {
  constructor(run, signal) {
    Object.assign(this, {id: run.id, signal, links: new Map(), list: h('ul', {class: 'artifacts'})});
    this.empty = h('p', {class: 'hint'}, 'No files yet.');
    this.element = h('section', {'aria-labelledby': 'files'}, h('h2', {id: 'files'}, 'Report and files'), this.empty, this.list);
  }

  async update(run) {
    const fresh = run.artifacts.filter((artifact) => !this.links.has(artifact.id));
    // All or nothing: if one cannot be had now, the next look asks for all of them again.
    const links = await Promise.all(fresh.map((artifact) =>
      get(`/v1/docker/runs/${part(this.id)}/artifacts/${part(artifact.id)}/readurl`, {}, this.signal)));
    fresh.forEach((artifact, index) => this.add(artifact, links[index]));
    this.empty.hidden = this.links.size > 0;
  }

  add(artifact, link) {
    if (this.links.has(artifact.id)) return;  // an earlier look was only slow
    this.links.set(artifact.id, link);
    this.list.append(this.item(artifact));
  }

  item(artifact) {
    const [name, form] = KINDS[artifact.type] ?? [words(artifact.type), null];
    const link = this.links.get(artifact.id);
    return h('li', {'data-artifact': artifact.type},
      h('span', {}, name, ' ', h('span', {class: 'hint'}, artifact.fileName)),
      h('span', {class: 'actions'},
        form && h('a', {class: 'open', href: `${link}&as=${form}`, target: '_blank', rel: 'noopener', 'aria-label': `Open ${name}`}, 'Open'),
        h('a', {href: link, download: artifact.fileName.split('/').pop(), 'aria-label': `Download ${name}`}, 'Download')));
  }
}

// The log as it grows, and the states that it tells of.
class Log {
  constructor(run, signal) {
    Object.assign(this, {id: run.id, signal, cursor: 0, count: 0, states: []});
    this.lines = h('ol', {class: 'log', tabindex: '0', 'aria-label': 'Log lines'});
    this.status = h('p', {class: 'hint'}, 'No lines yet.');
    this.path = h('ol', {class: 'states'});
    this.problems = h('input', {type: 'checkbox', onchange: () => this.lines.classList.toggle('problems', this.problems.checked)});
    this.element = h('section', {'aria-labelledby': 'log'}, h('h2', {id: 'log'}, 'Log'),
      h('div', {class: 'controls'}, h('label', {}, this.problems, 'Warnings and errors only'), this.status), this.lines);
    this.statesElement = h('section', {'aria-labelledby': 'states'}, h('h2', {id: 'states'}, 'States'), this.path);
  }

  async update(run) {
    for (;;) {
      const {cursor, logs} = await get(`/v1/docker/runs/${part(this.id)}/logs`, {cursor: this.cursor}, this.signal);
      this.cursor = cursor;
      if (logs.length === 0) break;
      this.append(logs);
    }
    const seen = this.states.at(-1)?.state === run.state ? this.states : [...this.states, {state: run.state, ts: run.lastModifiedAt}];
    replace(this.path, seen.map(({state, ts}, index) => h('li', {'aria-current': index === seen.length - 1 && 'step'},
      words(state), ' ', h('span', {class: 'hint'}, moment(ts)))));
  }

  append(logs) {
    const follows = this.lines.scrollTop + this.lines.clientHeight >= this.lines.scrollHeight - 8;
    for (const entry of logs) {
      // States come back when a run is taken up again; each is told when it begins.
      if (entry.state && entry.state !== this.states.at(-1)?.state) this.states.push({state: entry.state, ts: entry.ts});
      this.lines.append(h('li', {'data-level': entry.level},
        h('time', {}, new Date(entry.ts).toLocaleTimeString('en-GB')), ' ', h('b', {}, entry.level), ' ', entry.msg));
    }
    this.count += logs.length;
    while (this.lines.childElementCount > SHOWN_LINES) this.lines.firstElementChild.remove();
    this.status.textContent = this.count > SHOWN_LINES
      ? `The last ${number(SHOWN_LINES)} of ${number(this.count)} lines.` : `${plural(this.count, 'line')}.`;
    if (follows) this.lines.scrollTop = this.lines.scrollHeight;
  }
}

export async function runView({main, signal, poll, id, arrive}) {
  const path = `/v1/docker/runs/${part(id)}`;
  const first = await get(path, {}, signal);
  const dataset = first.datasetId ? await get(`/v1/datasets/${part(first.datasetId)}`, {}, signal).catch(() => null) : null;
  const artifacts = new Artifacts(first, signal), log = new Log(first, signal);
  const current = h('div', {'aria-live': 'polite'});
  main.replaceChildren(...heading(dataset ? `Run of ${dataset.name}` : 'Run'),
    dataset ? h('p', {}, h('a', {href: `#/datasets/${dataset.id}`}, 'Images and predictions of this dataset')) : '',
    current, artifacts.element, log.statesElement, log.element);
  arrive();
  let before = '';
  await poll(async () => {
    const run = await get(path, {}, signal);
    const now = JSON.stringify(run);
    if (now !== before) replace(current, facts(run));
    before = now;
    await Promise.all([artifacts.update(run), log.update(run)]);
    // Files and lines may still come after the last state, but no longer for ever.
    return isOver(run) && Date.now() - run.lastModifiedAt > 60000 ? null : SOON;
  });
}
