// The list of datasets, and the page of one: images, classes, runs.
import {get, part} from './api.js';
import {nounOf, ofCrops, origin} from './crops.js';
import {imageBrowser} from './images.js';
import {h, heading, moment, number, plural, table} from './page.js';
import {runsTable} from './runs.js';

export async function datasetsView({main, signal}) {
  const [own, shared] = await Promise.all([
    get('/v1/datasets', {}, signal), get('/v1/datasets', {shared: 'true'}, signal)]);
  const datasets = [...own, ...shared].sort((a, b) => b.lastModifiedAt - a.lastModifiedAt);
  const names = new Map(datasets.map((dataset) => [dataset.id, dataset.name]));
  const columns = [{title: 'Dataset'}, {title: 'Images or crops', number: true}, {title: 'Last changed'}, {title: 'ID'}];
  const rows = datasets.map((dataset) => h('tr', {'data-dataset': dataset.id},
    h('th', {scope: 'row'}, h('a', {href: `#/datasets/${dataset.id}`}, dataset.name),
      ofCrops(dataset) && h('span', {class: 'hint'}, ' crops of ', names.get(dataset.parentDatasetId) ?? 'another dataset'),
      shared.includes(dataset) && h('span', {class: 'hint'}, ' shared with you')),
    h('td', {class: 'number'}, number(dataset.nSamples)),
    h('td', {}, moment(dataset.lastModifiedAt)),
    h('td', {}, h('code', {}, dataset.id))));
  main.replaceChildren(...heading('Datasets',
    table(`${plural(datasets.length, 'dataset')}, the last changed first.`, columns, rows,
          'No datasets yet. A script creates one with create_dataset.')));
}

export async function datasetView(view) {
  const {main, signal, id, arrive} = view;
  const [dataset, runs] = await Promise.all([
    get(`/web/api/datasets/${part(id)}`, {}, signal),
    get(`/v1/docker/runs/query/datasetId/${part(id)}`, {pageSize: 5}, signal)]);
  const runsSection = h('section', {'aria-labelledby': 'runs'}, h('h2', {id: 'runs'}, 'Runs'),
    runsTable(runs, new Map([[dataset.id, dataset.name]]), 'The last five.'));
  const images = h('section', {'aria-labelledby': 'images'});
  main.replaceChildren(...heading(dataset.name),
    h('p', {class: 'hint'}, origin(dataset), plural(dataset.images, nounOf(dataset)), ' · ', h('code', {}, dataset.id)), images,
    ofCrops(dataset) ? '' : runsSection);  // of crops there are no runs
  arrive();
  await imageBrowser(images, dataset, view);
}
