// node click.mjs GALLERY: does what a person does on the pages (keys, theme, menus, charts, progress) and says what did not work.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { serve } from './server.mjs';

const { origin, close } = await serve(process.argv[2]);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

const stories = {
  async 'a slash and Ctrl-K lead to the search'(page) {
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
    await page.keyboard.press('Escape');
    await page.locator('h1').click();
    await page.keyboard.press('Control+k');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
    await page.keyboard.type('?g');
    assert.equal(await page.locator('#keys').isVisible(), false, 'keys are text while one types');
  },
  async 'the question mark lists the keys, and they can be switched off'(page) {
    await page.keyboard.press('?');
    await page.locator('#keys').waitFor({ state: 'visible' });
    await page.locator('#keys-on').uncheck();
    await page.keyboard.press('Escape');
    await page.reload();
    await page.keyboard.press('?');
    assert.equal(await page.locator('#keys').isVisible(), false);
  },
  async 'g and m lead to the members'(page) {
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await page.waitForURL('**/fernlicht/members');
  },
  async 'keys judge the outlined suggestion alone, and no keys of the navigation do'(page) {
    const sent = [];
    page.on('request', (request) => { if (request.method() === 'POST') sent.push(request.postData()); });
    for (const list of ['duplicates', 'duplicates/organizations']) {
      for (const [key, place] of [['r', 'report'], ['s', 'settings'], ['a', 'audience']]) {
        await page.goto(`${origin}/fernlicht/${list}`);
        await page.keyboard.press('j');
        await page.keyboard.press('g');
        await page.keyboard.press(key);
        await page.waitForURL(`**/fernlicht/${place}`);
      }
      await page.goto(`${origin}/fernlicht/${list}`);
      await page.keyboard.press('a');
      assert.deepEqual(sent, [], 'no card has the focus');
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      const second = await page.locator('[data-review]').nth(1).locator('[data-review-key=r]').getAttribute('value');
      await Promise.all([page.waitForEvent('load'), page.keyboard.press('r')]);
      assert.match(sent.pop(), new RegExp(`reject=${second}$`));
      await page.locator('[data-review]').first().and(page.locator(':focus')).waitFor();
    }
  },
  async 'the chosen theme is remembered'(page) {
    const theme = () => page.evaluate(() => document.documentElement.getAttribute('data-bs-theme'));
    assert.equal(await theme(), 'light');
    await page.locator('[data-theme-toggle]').click();
    await page.goto(`${origin}/fernlicht/kpis`);
    assert.equal(await theme(), 'dark');
    await page.getByRole('button', { name: /Account of/ }).click();
    await page.locator('[data-theme-system]').click();
    assert.equal(await theme(), 'light');
  },
  async 'a chart follows the theme, the arrow keys and its table'(page) {
    await page.goto(`${origin}/fernlicht/kpis/monthly_active_members`);
    const stroke = () => page.locator('[data-chart] path[stroke-width="2"]').first().getAttribute('stroke');
    const before = await stroke();
    await page.locator('[data-theme-toggle]').click();
    assert.notEqual(await stroke(), before);
    await page.locator('[data-chart]').focus();
    await page.keyboard.press('ArrowLeft');
    assert.match(await page.locator('.tip').innerText(), /Mar 2026\s+Members\s+214 so far/);
    await page.keyboard.press('ArrowLeft');
    assert.match(await page.locator('.tip').innerText(), /Feb 2026\s+Members\s+207/);
    await page.getByText('Show the figures as a table').click();
    assert.equal(await page.locator('.chart-table tbody tr').count(), 12);
  },
  async 'menus open: workspaces, exports, columns, the receipt'(page) {
    await page.goto(`${origin}/fernlicht/members`);
    await page.getByRole('button', { name: /Workspace/ }).click();
    await page.getByRole('link', { name: 'Archive 2019' }).waitFor({ state: 'visible' });
    await page.getByRole('button', { name: 'Export' }).click();
    assert.match(await page.getByRole('link', { name: 'CSV' }).getAttribute('href'), /\/fernlicht\/members\?format=csv$/);
    await page.keyboard.press('Escape');
    await page.getByText('Columns', { exact: true }).click();
    const hide = page.getByRole('link', { name: 'Hide Love' });
    assert.match(await hide.getAttribute('href'), /columns=level%2Cpresence/);
    await page.locator('h1').click();
    assert.equal(await hide.isVisible(), false, 'the list closes when one goes elsewhere');
    await page.goto(`${origin}/fernlicht/kpis/activities`);
    await page.locator('#receipt summary').click();
    await page.getByRole('rowheader', { name: 'Left out: bot' }).waitFor({ state: 'visible' });
    assert.match(await page.getByRole('link', { name: 'The rows behind the figure' }).getAttribute('href'), /\/kpis\/.*\/rows\?/);
  },
  async 'a board leads to figures, the report prints and says where it is'(page) {
    await page.keyboard.press('g');
    await page.keyboard.press('4');
    await page.waitForURL('**/fernlicht/boards/support');
    assert.match(await page.locator('#section-1').innerText(), /Is everybody answered/);
    await page.getByRole('link', { name: 'Report', exact: true }).click();
    await page.waitForFunction(() => document.querySelector('[data-absolute-text]')?.textContent.startsWith('http'));
    assert.equal(await page.locator('[data-absolute-text]').innerText(), `${origin}/fernlicht/report?published=3`);
    await page.evaluate(() => { window.print = () => { document.title = 'printed'; }; });
    await page.getByRole('button', { name: 'Print or save as PDF' }).click();
    assert.equal(await page.title(), 'printed');
  },
  async 'a running import moves without a reload'(page) {
    await page.goto(`${origin}/fernlicht/imports/running`);
    assert.match(await page.locator('#progress').innerText(), /9,120 records/);
    await page.getByText('10,480 records so far').waitFor({ timeout: 5000 });
    assert.equal(await page.locator('#progress').count(), 1);
  },
  async 'a narrow window has a menu'(page) {
    await page.setViewportSize({ width: 390, height: 800 });
    const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Questions' });
    assert.equal(await link.isVisible(), false);
    await page.getByRole('button', { name: 'Menu' }).click();
    await link.click();
    await page.waitForURL('**/fernlicht/questions');
  },
  async 'the skip link leads past the navigation'(page) {
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
  },
};

let failed = 0;
for (const [name, story] of Object.entries(stories)) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  const errors = [];
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('pageerror', (error) => errors.push(error.message));
  try {
    await page.goto(`${origin}/fernlicht`);
    await story(page);
    assert.deepEqual(errors, []);
    console.log(`works: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILS: ${name}\n  ${error.message}`);
  }
  await context.close();
}
await browser.close();
close();
process.exitCode = failed ? 1 : 0;
