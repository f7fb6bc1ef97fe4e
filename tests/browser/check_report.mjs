// check_report.mjs RUN_DIR: opens report.html of a run in Chromium and uses it as a reader would. The first thing that
// is not as it should be ends it with a message. docs/formats/report_html.md says what may be relied on.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';

import {chromium} from 'playwright-core';

const run = path.resolve(process.argv[2]);
const report = JSON.parse(fs.readFileSync(path.join(run, 'report.json'), 'utf8'));
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const page_url = pathToFileURL(path.join(run, 'report.html')).href;

// Opens the page; whatever it complains of or asks the network for is a failure.
async function open(browser, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(120000);  // only what never comes takes as long
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('request', (request) => {
    if (request.url() !== page_url && !request.url().startsWith('data:')) complaints.push(`request: ${request.url()}`);
  });
  await page.goto(page_url, {waitUntil: 'load'});
  return {page, complaints};
}

const text_of = async (page, selector) => (await page.locator(selector).first().textContent()).trim();
const number = (text) => Number(text.replaceAll(',', ''));
const figure = async (page, key) => number(await text_of(page, `[data-figure="${key}"] .value`));

async function numbers_agree_with_report_json(page) {
  const {all, selected} = report.statistics;
  assert.equal(await figure(page, 'images'), all.images);
  assert.equal(await figure(page, 'objects'), all.objects);
  assert.equal(await figure(page, 'corrupt'), report.images.corrupt);
  assert.ok(Math.abs((await figure(page, 'objects-per-image')) - all.mean_objects_per_image) <= 0.0051);
  assert.equal(await figure(page, 'selected'), report.selection.selected.total);
  assert.equal(await figure(page, 'selected-objects'), selected.objects);
  assert.equal(await figure(page, 'duplicates'), report.duplicates.total);
  assert.equal(await page.locator('#selected-table tbody tr').count(), report.selection.selected.listed.length);
  for (const entry of all.classes) {
    const cells = page.locator('#class-table tbody tr', {has: page.locator(`th[data-value="${entry.name}"]`)}).locator('td');
    assert.equal(number(await cells.nth(0).textContent()), entry.objects, entry.name);
    const after = selected.classes.find((other) => other.name === entry.name);
    assert.equal(number(await cells.nth(2).textContent()), after.objects, entry.name);
  }
}

async function sections_and_charts_are_there(page) {
  const sections = await page.locator('section[data-section]').evaluateAll((all) => all.map((s) => s.dataset.section));
  for (const name of ['summary', 'selection', 'classes', 'examples', 'distributions', 'embeddings', 'pairs', 'model', 'run'])
    assert.ok(sections.includes(name), `the section ${name} is missing`);
  for (const chart of ['pretagging_histogram', 'objects_per_image', 'brightness', 'scatter_umap', 'scatter_pca', 'distance_distr_before',
                       'distance_distr_after', 'distance_to_selected'])
    assert.equal(await page.locator(`.for-wide svg[data-chart="${chart}"]`).count(), 1, `the chart ${chart} is missing`);
  const hover = page.locator('.for-wide svg[data-chart="pretagging_histogram"] g > title').first();
  assert.match(await hover.textContent(), /\S/);
  assert.ok(await page.locator('#picture-map .tile img').count() > 0, 'the map has no pictures');
  // Pictures are real ones.
  for (const image of await page.locator('.pair img, .example img, #picture-map img').all())
    assert.ok(await image.evaluate(async (element) => { await element.decode(); return element.naturalWidth > 0; }));
}

async function tables_sort_both_ways(page) {
  const button = page.locator('#class-table th', {hasText: 'Images'}).locator('button');
  const column = () => page.locator('#class-table tbody tr').evaluateAll((rows) => {
    const heading = document.querySelector('#class-table th[aria-sort]');
    return rows.map((row) => Number(row.cells[heading.cellIndex].dataset.value));
  });
  await button.click();
  const falling = await column();
  assert.deepEqual(falling, [...falling].sort((a, b) => b - a));
  await button.focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#class-table th[aria-sort="ascending"]').count(), 1);
  assert.deepEqual(await column(), [...falling].sort((a, b) => a - b));
}

// As a hand that drags the slider does it.
const set_score = (page, score) => page.locator('#filter-score').evaluate((range, value) => {
  range.value = value;
  range.dispatchEvent(new Event('input', {bubbles: true}));
}, score);

async function examples_can_be_filtered(page) {
  const shown = () => page.locator('.example:not(.off)').count();
  const all = await page.locator('.example').count();
  assert.equal(all, report.debug_images.length);
  assert.equal(await shown(), all);
  const wanted = report.debug_images.find((image) => image.labels.length > 0).labels[0];
  await page.selectOption('#filter-class', wanted);
  assert.equal(await shown(), report.debug_images.filter((image) => image.labels.includes(wanted)).length);
  const other_boxes = await page.locator('.example:not(.off) .boxes > g:not(.off)').evaluateAll(
    (boxes, name) => boxes.filter((box) => box.dataset.class !== name).length, wanted);
  assert.equal(other_boxes, 0, 'boxes of other classes are left');

  await page.selectOption('#filter-class', '');
  const scores = report.debug_images.flatMap((image) => image.scores).sort((a, b) => a - b);
  const cut = Math.ceil(100 * scores[Math.floor(scores.length / 2)]) / 100;
  await set_score(page, cut.toFixed(2));
  const left = report.debug_images.filter((image) => image.scores.some((score) => Number(score.toFixed(2)) >= cut));
  assert.equal(await shown(), left.length);
  assert.equal(await text_of(page, '#filter-status'), `${left.length} of ${all} pictures`);
  await set_score(page, await page.locator('#filter-score').evaluate((range) => range.defaultValue));
}

async function keys_reach_everything(page) {
  await page.reload({waitUntil: 'load'});  // nothing has the focus
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip', 'the first Tab skips to the results');
  await page.locator('.example .frame').first().focus();
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('#lightbox').evaluate((dialog) => dialog.open), 'Enter enlarges a picture');
  const first = await text_of(page, '#lightbox .caption');
  await page.keyboard.press('ArrowRight');
  assert.notEqual(await text_of(page, '#lightbox .caption'), first);
  await page.keyboard.press('Escape');
  assert.ok(!(await page.locator('#lightbox').evaluate((dialog) => dialog.open)), 'Escape closes it');
}

async function fits_a_window(browser, options) {
  const {page, complaints} = await open(browser, options);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0, `the page is ${overflow} pixels wider than a window of ${options.viewport.width}`);
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const brightness = Math.max(...ground.match(/\d+/g).map(Number));
  assert.ok(options.colorScheme === 'dark' ? brightness < 80 : brightness > 200, `${options.colorScheme}: ${ground}`);
  assert.deepEqual(complaints, []);
  await page.context().close();
}

if (!fs.existsSync(executablePath)) {
  console.error(`${executablePath}: no Chromium; scripts/install-dependencies --test installs it, or CHROMIUM names one`);
  process.exit(1);
}
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
});
try {
  const {page, complaints} = await open(browser, {viewport: {width: 1280, height: 900}});
  for (const check of [numbers_agree_with_report_json, sections_and_charts_are_there, tables_sort_both_ways,
                       examples_can_be_filtered, keys_reach_everything]) {
    await check(page);
    console.log(`ok ${check.name}`);
  }
  assert.deepEqual(complaints, []);
  for (const colorScheme of ['light', 'dark'])
    for (const width of [1280, 390]) await fits_a_window(browser, {colorScheme, viewport: {width, height: 800}});
  console.log('ok fits_a_window');
} finally {
  await browser.close();
}
