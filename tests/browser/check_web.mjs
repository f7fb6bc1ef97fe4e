// check_web.mjs FACTS.json: uses the web pages of a server in Chromium as a reader would. The first thing that is not as
// it should be ends it with a message. With SCREENSHOTS=FOLDER it keeps pictures of what it has seen.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

import {chromium} from 'playwright-core';

const facts = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const shots = process.env.SCREENSHOTS;

// A signed-in page; whatever it complains of, and a token in an address, is a failure.
async function open(browser, options = {}, signedIn = true) {
  const context = await browser.newContext({viewport: {width: 1280, height: 900}, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(120000);  // only what never comes takes as long
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => {
    if (request.url().includes(facts.token)) complaints.push(`the token is in an address: ${request.url()}`);
    if (!/^(http:\/\/127\.0\.0\.1:|data:)/.test(request.url())) complaints.push(`request: ${request.url()}`);
  });
  await page.goto(`${facts.server}/`);
  if (signedIn) {
    await page.fill('#token', facts.token);
    await page.keyboard.press('Enter');
    await page.locator('h1', {hasText: 'Runs'}).waitFor();
  }
  return {page, complaints};
}

const visit = async (page, place, title) => {
  await page.evaluate((hash) => new Promise((changed) => {
    if (location.hash === hash) return changed();
    addEventListener('hashchange', changed, {once: true});
    location.hash = hash;
  }), place);
  await page.locator('main:not([aria-busy]) h1', {hasText: title}).waitFor();
};
const text_of = async (page, selector) => (await page.locator(selector).first().innerText()).trim();
const put = (place, body) => fetch(`${facts.server}/v1/docker/${place}`,
  {method: 'PUT', headers: {Authorization: `Bearer ${facts.token}`}, body: JSON.stringify(body)});
const update_run = (body) => put(`runs/${facts.live}`, body);
const keep = async (page, name) => {
  if (!shots) return;
  await page.waitForLoadState('networkidle').catch(() => {});
  await page.screenshot({path: path.join(shots, `${name}.png`), fullPage: true});
};

async function signing_in_needs_the_right_token(browser) {
  const {page} = await open(browser, {}, false);
  await keep(page, 'sign-in');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'token');
  await page.fill('#token', '0'.repeat(48));
  await page.keyboard.press('Enter');
  await page.getByText('This token is unknown or revoked.').waitFor();
  await page.fill('#token', facts.token);
  await page.keyboard.press('Enter');
  await page.locator('h1', {hasText: 'Runs'}).waitFor();
  await page.reload();
  await page.locator('h1', {hasText: 'Runs'}).waitFor();
  await page.click('#sign-out');
  await page.locator('#token').waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await page.context().close();
}

async function runs_go_on_while_one_watches(page) {
  await visit(page, '#/runs', 'Runs');
  const row = page.locator(`[data-run="${facts.live}"]`);
  assert.equal(await row.locator('.badge').innerText(), 'Pretagging');
  assert.equal(await row.locator('progress').getAttribute('value'), '30');
  assert.match(await page.locator(`[data-run="${facts.done}"] .message`).innerText(), /^<img src=x/);
  await row.locator('a').first().focus();
  await update_run({state: 'PRETAGGING', message: 'Pretagging: 65/130 images'});
  await row.getByText('Pretagging: 65/130 images').waitFor();
  assert.equal(await row.locator('progress').getAttribute('value'), '65');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), `#/runs/${facts.live}`, 'the focus stays');
  await visit(page, `#/runs/${facts.live}`, 'Run of street scenes');
  await update_run({state: 'SAMPLING', message: 'Selecting'});
  await page.locator('.facts [data-state="SAMPLING"]').waitFor();
  await update_run({state: 'COMPLETED', message: 'Finished'});
  await page.locator('.facts [data-state="COMPLETED"]').waitFor();
  assert.equal(await page.locator('progress').count(), 0);
}

// The page looks every other second while something runs.
async function names_of_datasets_are_asked_for_once(page) {
  await visit(page, '#/datasets', 'Datasets');
  let asked = 0, looks = 0;
  page.on('request', (request) => {
    const {pathname} = new URL(request.url());
    if (pathname === '/v1/datasets') ++asked;
    if (pathname === '/v1/docker/runs') ++looks;
  });
  await visit(page, '#/runs', 'Runs');
  const dataset = (run) => page.locator(`[data-run="${run}"] td`).first().innerText();
  assert.equal(await dataset(facts.foreign.shared), 'scenes of ben');
  assert.match(await dataset(facts.foreign.deleted), /^[0-9a-f]{24}$/);
  while (looks < 3) await page.waitForRequest((request) => new URL(request.url()).pathname === '/v1/docker/runs');
  assert.equal(asked, 2, 'the own ones, and those of others');
}

async function a_run_has_files_states_and_a_log(page) {
  await visit(page, `#/runs/${facts.done}`, 'Run of street scenes');
  await page.locator('[data-artifact="REPORT_PDF"] .open').waitFor();
  const report = await fetch(await page.locator('[data-artifact="REPORT_PDF"] .open').getAttribute('href'));
  assert.equal(report.headers.get('content-type'), 'application/pdf');
  assert.match(await report.text(), /^%PDF/);
  const download = page.waitForEvent('download');
  await page.locator('[data-artifact="REPORT_PDF"] a[download]').click();
  assert.equal((await download).suggestedFilename(), 'report.pdf');
  const popup = page.waitForEvent('popup');
  await page.locator('[data-artifact="LOG"] .open').click();
  const log = await popup;
  await log.waitForLoadState();
  assert.equal((await log.locator('body').innerText()).trim(), 'all of <b>it</b>');
  await log.close();
  const states = await page.locator('.states li').evaluateAll((all) => all.map((item) => item.firstChild.textContent));
  assert.deepEqual(states, ['Initializing', 'Pretagging', 'Sampling', 'Completed']);
  assert.equal(await page.locator('.log li:visible').count(), 4);
  assert.ok((await text_of(page, '.log')).includes(`Now INITIALIZING ${facts.evil}`));
  await page.getByLabel('Warnings and errors only').check();
  assert.equal(await page.locator('.log li:visible').count(), 1);
}

// Of two new files one cannot be asked for at first: afterwards both are there, once each.
async function files_come_when_a_request_has_failed(browser) {
  const call = async (method, address, body) => {
    const answer = await fetch(new URL(address, facts.server), {method, headers: {Authorization: `Bearer ${facts.token}`}, body});
    assert.ok(answer.ok, `${method} ${address}: ${answer.status}`);
    return answer.json().catch(() => null);
  };
  const {id} = await call('POST', '/v1/docker/runs', JSON.stringify({dockerVersion: '0.1.0', datasetId: facts.dataset}));
  const run = `/v1/docker/runs/${id}`, files = [];
  for (const type of ['LOG', 'REPORT_JSON']) {
    const file = await call('POST', `${run}/artifacts`, JSON.stringify({fileName: `${type}.txt`, type}));
    await call('PUT', file.signedWriteUrl, '{}');
    files.push(file.artifactId);
  }
  const {page} = await open(browser);  // it complains of the failure on the console
  await visit(page, `#/runs/${id}`, 'Run of street scenes');
  let asked = 0;
  await page.route(`**/artifacts/${files[1]}/readurl`, (route) => (asked++ === 0 ? route.abort() : route.continue()));
  for (const file of files) await call('PUT', `${run}/artifacts/${file}/confirmUpload`);
  await page.locator('[data-artifact="REPORT_JSON"]').waitFor();
  assert.equal(asked, 2);
  const shown = await page.locator('.artifacts li').evaluateAll((all) => all.map((item) => item.dataset.artifact));
  assert.deepEqual(shown.sort(), ['LOG', 'REPORT_JSON']);
  await page.context().close();
}

async function workers_have_states(page) {
  await put(`worker/${facts.worker}`, {state: 'BUSY'});  // one that is silent for two minutes counts as offline
  await visit(page, '#/workers', 'Workers');
  const states = await page.locator('[data-worker]').evaluateAll((rows) => rows.map((row) =>
    [row.cells[0].innerText, row.querySelector('.badge').dataset.state]));
  assert.deepEqual(new Map(states), new Map([['gpu 1', 'BUSY'], ['asleep', 'OFFLINE']]));
}

async function datasets_lead_to_their_images(page) {
  await visit(page, '#/datasets', 'Datasets');
  await keep(page, 'datasets');
  await page.getByRole('link', {name: 'street scenes', exact: true}).first().click();
  await page.locator('h1', {hasText: 'street scenes'}).waitFor();
  await matching(page, facts.images.all);
  assert.equal(await page.locator('.gallery li').count(), 60);
  await until(page, () => document.activeElement.tagName === 'H1');  // readers hear of the new page
}

// Waits until the function is true in the page. Playwright's own way needs eval, which the pages forbid.
async function until(page, holds, argument) {
  for (const end = Date.now() + 120000; Date.now() < end; await page.waitForTimeout(50))
    if (await page.evaluate(holds, argument)) return;
  const status = await page.locator('#image-status').textContent().catch(() => '');
  assert.fail(`never came true: ${holds} of ${argument}; the page says '${status}'`);
}
// Waits until as many images match.
const matching = (page, count) => until(page, (wanted) =>
  wanted === 0 ? document.getElementById('image-status')?.textContent === 'No images match.'
    : document.getElementById('image-status')?.textContent.endsWith(` of ${wanted}`) && !document.querySelector('[aria-busy]'), count);
const set_score = (page, score) => page.locator('#filter-score').evaluate((range, value) => {
  range.value = value;
  range.dispatchEvent(new Event('input', {bubbles: true}));
}, score);
const choose = (page, name) => page.locator('.segments label', {hasText: name}).click();

async function images_have_their_boxes(page) {
  await visit(page, `#/datasets/${facts.dataset}`, 'street scenes');
  const first = page.locator('.gallery li').first();
  await first.locator('svg.boxes').waitFor();
  const drawn = await first.evaluate((item) => {
    const [image, box] = [item.querySelector('img'), item.querySelector('rect')];
    const [area, frame] = [image.getBoundingClientRect(), box.getBoundingClientRect()];
    const scale = area.width / image.naturalWidth;
    const names = ['x', 'y', 'width', 'height'];
    const wanted = names.map((name) => Number(box.getAttribute(name)));
    const seen = [(frame.x - area.x) / scale, (frame.y - area.y) / scale, frame.width / scale, frame.height / scale];
    return {wanted, seen, size: [image.naturalWidth, image.naturalHeight]};
  });
  assert.deepEqual(drawn.size, [120, 160]);
  // A stroke is 2 pixels of the screen wide.
  drawn.wanted.forEach((value, index) => assert.ok(Math.abs(value - drawn.seen[index]) < 3, JSON.stringify(drawn)));
  const sources = await page.locator('.gallery img').evaluateAll((all) => all.map((image) => new URL(image.src).origin));
  assert.equal(sources.filter((origin) => origin === facts.server).length, facts.images.uploaded);
  await page.locator('#show-boxes').uncheck();
  assert.equal(await first.locator('svg.boxes').isVisible(), false);
  await page.locator('#show-boxes').check();
  assert.equal(await first.locator('svg.boxes').isVisible(), true);
}

async function filters_leave_the_right_images(page) {
  const {images, categories} = facts;
  await matching(page, images.all);
  for (const name of ['person', 'car']) {
    await page.selectOption('#filter-class', String(categories[name]));
    await matching(page, images[name]);
    const others = await page.locator('.gallery .boxes g').evaluateAll(
      (boxes, wanted) => boxes.filter((box) => box.dataset.class !== wanted).length, String(categories[name]));
    assert.equal(others, 0, 'boxes of other classes are left');
  }
  await choose(page, 'After');
  await matching(page, images.car_selected);
  assert.equal(await page.locator('.badge.chosen').count(), images.car_selected);
  await choose(page, 'Left out');
  await matching(page, images.car_others);  // as many as before
  await until(page, () => !document.querySelector('.badge.chosen'));
  await choose(page, 'Before');
  await set_score(page, '0.8');
  await matching(page, images.car_over_80);
  assert.match(page.url(), /category=2/);
  await page.reload();
  await matching(page, images.car_over_80);
  assert.equal(await page.locator('#filter-score').inputValue(), '0.8');
  await page.selectOption('#filter-class', '0');  // a number that is easily taken for none
  // Not waitForFunction: polling evaluates a string, which the page's own policy forbids unless the first look succeeds.
  await page.waitForURL((url) => url.hash.includes('category=0'));
  await page.reload();
  await page.locator('#filter-class option[value="0"]:checked').waitFor({state: 'attached'});
  await page.selectOption('#filter-class', '');
  await set_score(page, '0.95');
  await matching(page, images.any_over_95);
  await set_score(page, '0');
  await matching(page, images.all);
  // The table of classes says the same, and filters.
  const cells = page.locator(`#classes [data-class="${categories.car}"] td.number`);
  assert.equal(await cells.nth(0).innerText(), String(images.car));
  assert.equal(await cells.nth(2).innerText(), String(images.car_selected));
  // Its counts are of the last score, however soon another filter follows.
  const asked = new Promise((held) => page.route('**/classes?*minScore=0.8*', held, {times: 1}));
  await set_score(page, '0.8');
  await asked;
  await choose(page, 'After');
  await until(page, ({row, count}) => document.querySelector(row)?.innerText === count,
              {row: `#classes [data-class="${categories.car}"] td.number`, count: String(images.car_over_80)});
  await choose(page, 'Before');
  await set_score(page, '0');
  await matching(page, images.all);
  await page.locator('#classes button', {hasText: '<i>truck</i>'}).click();
  await matching(page, images.truck);
  await page.selectOption('#filter-class', '');
  await matching(page, images.all);
}

async function pages_turn(page) {
  await page.click('#next');
  await until(page, () => document.getElementById('image-status')?.textContent.startsWith('Images 61–120'));
  await page.fill('#page-number', '99');
  await page.keyboard.press('Enter');
  await until(page, () => document.getElementById('image-status')?.textContent.startsWith('Images 121–130'));
  assert.ok(await page.locator('#next').isDisabled());
  const names = await page.locator('.gallery .filename').evaluateAll((all) => all.map((name) => name.textContent));
  assert.deepEqual(names, facts.names.slice(120), 'names are shown as they are');
  await page.locator('.gallery li').last().locator('img').scrollIntoViewIfNeeded();
  await page.locator('.gallery li').last().locator('svg.boxes, .missing').waitFor();
}

async function keys_reach_everything(page) {
  await visit(page, '#/runs', 'Runs');
  await page.reload();
  await page.locator('h1').waitFor();
  await visit(page, `#/datasets/${facts.dataset}`, 'street scenes');
  await page.locator('.gallery .frame').first().focus();
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('dialog').evaluate((dialog) => dialog.open), 'Enter enlarges an image');
  await page.locator('dialog svg.boxes text').first().waitFor();
  const before = await text_of(page, 'dialog .caption');
  await keep(page, 'lightbox');
  await page.keyboard.press('ArrowRight');
  assert.notEqual(await text_of(page, 'dialog .caption'), before);
  await page.keyboard.press('Escape');
  assert.ok(!(await page.locator('dialog').evaluate((dialog) => dialog.open)), 'Escape closes it');
  assert.ok(await page.evaluate(() => document.activeElement.classList.contains('frame')), 'the focus is back');
  await page.locator('.segments input').first().focus();
  await page.keyboard.press('ArrowRight');
  await matching(page, facts.images.selected);
  await page.keyboard.press('ArrowLeft');
  await matching(page, facts.images.all);
  // Tab goes to the way past the menu first.
  await page.evaluate(() => { document.activeElement.blur(); document.body.tabIndex = -1; document.body.focus(); });
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Enter');
  assert.ok(await page.evaluate(() => document.activeElement.tagName === 'H1'));
}

// The crops' own pages, from a crop to its box in the image, and from the image to its crops.
async function crops_and_their_images_lead_to_each_other(page) {
  const {crops, categories} = facts;
  await visit(page, '#/datasets', 'Datasets');
  assert.match(await text_of(page, `[data-dataset="${crops.dataset}"]`), /^cut-outs crops of street scenes/);
  await page.getByRole('link', {name: 'cut-outs'}).click();
  await page.locator('h1', {hasText: 'cut-outs'}).waitFor();
  await matching(page, crops.all);
  assert.equal(await text_of(page, '#images'), 'Crops');
  assert.match(await text_of(page, 'main > .hint'), /^Cut from street scenes/);
  assert.equal(await page.locator('#show-boxes, #runs').count(), 0, 'crops have neither boxes nor runs');
  assert.equal(await page.locator('#filter-predictions').count(), 0, 'those of all runs are listed together');
  const counts = await page.locator('#classes tbody td.number:nth-of-type(1)').allInnerTexts();
  assert.equal(counts.reduce((sum, count) => sum + Number(count), 0), crops.all);
  const first = page.locator('.gallery li').first();
  assert.match(await first.innerText(), /person 0\.05/);
  await first.locator('svg.boxes').waitFor({state: 'attached'});  // comes with the picture
  await page.selectOption('#filter-class', String(categories.car));
  await matching(page, crops.car);
  await set_score(page, '0.8');
  await matching(page, crops.car_over_80);
  assert.equal(await page.locator(`#classes [data-class="${categories.car}"] td.number`).first().innerText(), String(crops.car_over_80));
  await page.selectOption('#filter-class', '');
  await set_score(page, '0');
  await matching(page, crops.all);

  await page.locator('.gallery .frame').nth(1).click();
  await page.locator('dialog img').waitFor();
  assert.match(await text_of(page, 'dialog .caption'), /^0000_1\.png: car 1\.00 by lightly_pretagging, show it in its image/);
  assert.deepEqual(await shortcomings(page), []);
  await keep(page, 'crop');
  await page.locator('dialog a.cut-from').click();
  await page.locator('h1', {hasText: 'street scenes'}).waitFor();
  await page.locator('dialog .meant rect').waitFor();
  assert.equal(await page.locator('dialog .meant').count(), 1);
  const box = await page.locator('dialog .meant rect').evaluate((rect) =>
    ['x', 'y', 'width', 'height'].map((name) => Number(rect.getAttribute(name))));
  assert.deepEqual(box, crops.boxes_of_first[1]);
  assert.ok((await text_of(page, 'dialog .caption')).startsWith(`${crops.image_of_first}: `));
  await keep(page, 'crop-in-image');
  assert.equal(await page.locator('dialog a.crop').count(), crops.boxes_of_first.length);
  await page.locator('dialog a.crop', {hasText: 'person 0.05'}).click();
  await page.locator('h1', {hasText: 'cut-outs'}).waitFor();
  await page.locator('dialog img').waitFor();
  assert.match(await text_of(page, 'dialog .caption'), /^0000_0\.png: person 0\.05/);
  await page.keyboard.press('Escape');
  await page.waitForURL((url) => !url.hash.includes('image='));  // what was looked at is no longer named

  await page.locator('.gallery [data-image="0001_0.png"] .frame').click();  // of another run, whose predictions are shown
  await page.locator('dialog a.cut-from').click();
  await page.locator('h1', {hasText: 'street scenes'}).waitFor();
  await page.locator('dialog .meant rect').waitFor();
  assert.equal(await page.locator('#filter-predictions').inputValue(), crops.earlier);
}

// Texts whose contrast is below 4.5:1 (WCAG 2.1, 1.4.3), controls without a name, levels of headings.
const shortcomings = (page) => page.evaluate(() => {
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => channels(colour).slice(0, 3).map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((channels(colour)[3] ?? 1) === 1) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = [];
  for (const element of document.body.querySelectorAll('*')) {
    const has_text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (!has_text || element.namespaceURI.includes('svg') || !element.checkVisibility() || element.disabled) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(`${element.tagName}.${element.className} "${element.textContent.slice(0, 30)}" ${ratio.toFixed(2)}`);
  }
  for (const input of document.querySelectorAll('input, select'))
    if (!input.ariaLabel && ![...input.labels].some((label) => label.textContent.trim() !== '')) found.push(`no label: ${input.id}`);
  for (const image of document.querySelectorAll('img')) if (!image.alt) found.push('an image without a text');
  if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) found.push(`the page is ${wide} pixels wider than the window`);
  return found;
});

async function fits_windows_light_and_dark(browser) {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      const {page, complaints} = await open(browser, {colorScheme, viewport: {width, height: 800}});
      for (const [name, place, title] of [['runs', '#/runs', 'Runs'], ['workers', '#/workers', 'Workers'],
                                          ['run', `#/runs/${facts.done}`, 'Run of'], ['datasets', '#/datasets', 'Datasets'],
                                          ['dataset', `#/datasets/${facts.dataset}`, 'street scenes'],
                                          ['crops', `#/datasets/${facts.crops.dataset}`, 'cut-outs']]) {
        await visit(page, place, title);
        if (name === 'crops') await page.locator('.gallery svg.boxes').nth(3).waitFor({state: 'attached'});
        if (name === 'dataset') await page.locator('.gallery svg.boxes').nth(3).waitFor();
        if (name === 'run') await page.locator('.log li').first().waitFor();
        await keep(page, `${name}-${colorScheme}-${width}`);
        assert.deepEqual(await shortcomings(page), [], `${name}, ${colorScheme}, ${width} pixels`);
      }
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const brightness = Math.max(...ground.match(/\d+/g).map(Number));
      assert.ok(colorScheme === 'dark' ? brightness < 80 : brightness > 200, `${colorScheme}: ${ground}`);
      assert.deepEqual(complaints, []);
      await page.context().close();
    }
  }
}

// Each in a page of its own, as a browser complains of what does not come.
async function lists_that_break_off_are_asked_for_again(browser) {
  const {page} = await open(browser);
  await page.route('**/images?*', (route) => route.fulfill({status: 200, contentType: 'application/json', body: '{"total": '}), {times: 1});
  await visit(page, `#/datasets/${facts.dataset}`, 'street scenes');
  await until(page, () => document.getElementById('image-status').textContent.startsWith('The answer broke off'));
  await page.getByRole('button', {name: 'Try again'}).click();
  await matching(page, facts.images.all);
  await page.context().close();
}

async function the_focus_stays_with_who_does_not_wait(browser) {
  const {page} = await open(browser);
  let go_on;
  const asked = new Promise((was_asked) => page.route('**/images?*', (route) => {
    go_on = () => route.continue();
    was_asked();
  }, {times: 1}));
  await page.evaluate((hash) => { location.hash = hash; }, `#/datasets/${facts.dataset}`);
  await asked;
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1');
  assert.match(await page.title(), /^street scenes/);
  await page.locator('#filter-score').focus();
  await go_on();
  await matching(page, facts.images.all);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'filter-score');
  await page.context().close();
}

// As a browser does with TIFF, and where the file is gone.
async function what_cannot_be_enlarged_has_its_thumbnail(browser) {
  const {page} = await open(browser);
  await page.route('**/images?*', async (route) => {
    const answer = await route.fetch();
    const list = await answer.json();
    list.images[0].thumbnail = {url: list.images[0].url, width: 120, height: 160};
    list.images[0].url = `${facts.server}/gone.tif`;
    await route.fulfill({response: answer, json: list});
  });
  await visit(page, `#/datasets/${facts.dataset}`, 'street scenes');
  await page.locator('.gallery .frame').first().click();
  await page.locator('dialog svg.boxes').waitFor();
  // Its links go with it, and the keys with them.
  await page.locator('dialog .caption').evaluate((caption) => {
    const link = document.createElement('a');
    link.href = '#';
    caption.append(link);
    link.focus();
  });
  const before = await text_of(page, 'dialog .caption');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await until(page, () => document.querySelector('dialog .caption').textContent.includes('(3 of '));
  assert.notEqual(await text_of(page, 'dialog .caption'), before);
  await page.context().close();
}

async function a_revoked_token_ends_the_session(browser) {
  const dataset = (await open(browser)).page;
  await visit(dataset, `#/datasets/${facts.dataset}`, 'street scenes');
  await matching(dataset, facts.images.all);
  await dataset.evaluate(() => sessionStorage.setItem('pretag-token', '0'.repeat(48)));
  await choose(dataset, 'After');
  await dataset.locator('#token').waitFor();
  await dataset.context().close();
  const {page} = await open(browser);
  await page.evaluate(() => sessionStorage.setItem('pretag-token', '0'.repeat(48)));
  await page.locator('#token').waitFor();
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
  await signing_in_needs_the_right_token(browser);
  console.log('ok signing_in_needs_the_right_token');
  const {page, complaints} = await open(browser);
  for (const check of [names_of_datasets_are_asked_for_once, runs_go_on_while_one_watches, a_run_has_files_states_and_a_log,
                       workers_have_states, datasets_lead_to_their_images, images_have_their_boxes,
                       filters_leave_the_right_images, pages_turn, keys_reach_everything, crops_and_their_images_lead_to_each_other]) {
    await check(page);
    assert.deepEqual(complaints, [], check.name);
    console.log(`ok ${check.name}`);
  }
  for (const check of [files_come_when_a_request_has_failed, lists_that_break_off_are_asked_for_again,
                       the_focus_stays_with_who_does_not_wait, what_cannot_be_enlarged_has_its_thumbnail,
                       fits_windows_light_and_dark, a_revoked_token_ends_the_session]) {
    await check(browser);
    console.log(`ok ${check.name}`);
  }
} finally {
  await browser.close();
}
