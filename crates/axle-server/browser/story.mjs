// node story.mjs: the story of a lead, played on a real server by those who play it: Sunita raises her hand, Buzz takes her words,
// her consent and her dossier to Alfred, Alfred sees her and nobody else, the deal is won, and she tells her story.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const BINARY = process.env.AXLE_BIN;
assert.ok(BINARY, 'say where the program is: AXLE_BIN');
const PASSWORD = 'correct horse battery';
const DAY = 24 * 3600 * 1000;
const folder = mkdtempSync(join(tmpdir(), 'axle-story-'));
const data = join(folder, 'data');

/** Runs a command of the program on the folder of the story. */
function axle(args, input = '') {
  const done = spawnSync(BINARY, ['--data', data, ...args], { input, encoding: 'utf8' });
  assert.equal(done.status, 0, `axle ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

/** Writes lines of interchange into a file; gives its path. */
function file(name, lines) {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

/** The server of the folder, once it says where it listens. */
async function serve() {
  const child = spawn(BINARY, ['--data', data, 'serve', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const origin = await new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (bytes) => {
      said += bytes;
      // A whole line: the address may come in pieces.
      const found = said.match(/(http:\/\/\S+)\s*\n/);
      if (found) resolve(found[1]);
    });
    child.once('exit', () => reject(new Error(`the server ended: ${said}`)));
  });
  return { origin, close: () => child.kill() };
}

const ago = (days) => new Date(Date.now() - days * DAY).toISOString();
const SUNITA = { platform: 'slack', uid: 'U1', name: 'Sunita Rao', email: 'sunita@corp.example', email_verified: true };
const IN_PRODUCT = { platform: 'product', uid: 'p1', email: 'sunita@corp.example', email_verified: true };
const QUENTIN = { platform: 'slack', uid: 'U2', name: 'Quentin Zarquon' };

/** What the community knows before: Sunita uses the free plan more and more and comes to events; Quentin allowed nothing. */
function past() {
  const said = (id, actor, days, text) => ({ type: 'activity', id, activity: 'chat:message:sent', at: ago(days), channel: 'C1', actor, text });
  const used = (id, days, feature) => ({ type: 'product_event', id, user: IN_PRODUCT, at: ago(days), name: 'opened', feature });
  const event = (id, days) => [
    { type: 'event', id, name: `Meetup ${id}`, starts_at: ago(days), kind: 'meetup' },
    { type: 'attendance', event: id, identity: SUNITA, state: 'attended', at: ago(days) },
  ];
  return [
    { type: 'channel', id: 'C1', name: 'general', kind: 'chat' },
    { type: 'organization', id: 'corp', name: 'Corp', domains: ['corp.example'], plan: 'free' },
    { type: 'affiliation', identity: SUNITA, organization: 'corp', from: ago(800), title: 'Lead engineer' },
    { type: 'product_user', user: IN_PRODUCT, signup_at: ago(80), plan: 'free', organization: 'corp' },
    said('m1', SUNITA, 75, 'Hello, I am new here.'),
    said('m2', SUNITA, 12, 'We love how fast the export is, thank you!'),
    said('m3', QUENTIN, 20, 'My secret word is magrathea.'),
    used('e1', 50, 'export'), used('e2', 20, 'export'), used('e3', 15, 'pipelines'), used('e4', 5, 'dashboards'),
    ...event('ev1', 40), ...event('ev2', 10),
  ];
}

/** Somebody at a browser of their own; what goes wrong in it is kept. */
async function person(browser, origin, name, wrong) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  page.on('pageerror', (error) => wrong.push(`${name}: ${error.message}`));
  page.on('response', (response) => { if (response.status() >= 500) wrong.push(`${name}: ${response.status()} at ${response.url()}`); });
  page.on('console', (message) => {
    // What the story is refused, it asks for.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) wrong.push(`${name}: ${message.text()}`);
  });
  const open = async (link) => {
    // Not `load`: the page before may still send its own.
    const opened = page.waitForEvent('framenavigated');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: link, exact: true }).click();
    await opened;
    await page.waitForLoadState('domcontentloaded');
  };
  return {
    page,
    open,
    /** What the server answers at an address, without leaving the page. */
    status: async (path) => (await page.request.get(`${origin}${path}`, { maxRedirects: 0 })).status(),
    async signIn() {
      await page.goto(origin);
      await page.getByLabel('E-mail address').fill(`${name.toLowerCase()}@axle.example`);
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: `Account of ${name}` }).waitFor();
    },
    /** The row of a task on Today. */
    async task(title) {
      await open('Today');
      return page.locator('.task', { hasText: title });
    },
    /** Answers a task on Today by its button. */
    async answer(title, button) {
      await (await this.task(title)).getByRole('button', { name: button, exact: true }).click();
      await said(page, 'Noted: the run has moved on.');
    },
    /** Imports lines on the page of the sources. */
    async upload(name, lines) {
      await open('Sources');
      await page.locator('#file').setInputFiles(file(name, lines));
      await page.getByLabel('Name of the source').fill('story');
      await page.getByRole('button', { name: 'Import', exact: true }).click();
      await page.getByRole('heading', { name: 'Receipt' }).waitFor({ timeout: 90_000 });
      assert.equal(await page.locator('#rejects').count(), 0, 'a line was rejected');
    },
  };
}

/** Waits for what a page says about the last click. */
async function said(page, text) {
  await page.locator('[role=status]', { hasText: text }).waitFor();
}

const chapters = {
  async 'the administrator opens the form, and Sunita raises her hand without signing in'({ admin, guest, origin }) {
    await admin.signIn();
    await admin.open('Settings');
    await admin.page.getByRole('link', { name: 'Raised hands', exact: true }).click();
    await admin.page.getByLabel('The form is open to everybody').check();
    await admin.page.getByRole('button', { name: 'Save', exact: true }).click();
    await said(admin.page, 'The form is saved.');
    await guest.page.goto(`${origin}/main/raise-hand`);
    await guest.page.getByLabel('Your name').fill('Sunita Rao');
    await guest.page.getByLabel('E-mail address').fill('sunita@corp.example');
    await guest.page.getByLabel('What do you need?').fill('We outgrow the free plan: 40 people need single sign-on.');
    await guest.page.getByLabel('You may contact me about this').check();
    await guest.page.getByRole('button', { name: 'Send' }).click();
    await said(guest.page, 'A person of our team reads this');
  },
  async 'Buzz sees the hand on Today, and that it is the Sunita whom the community knows'({ buzz }) {
    await buzz.signIn();
    const row = await buzz.task('Qualify this signal');
    assert.match(await row.innerText(), /Sunita Rao[\s\S]*We outgrow the free plan/);
    await buzz.open('Duplicates');
    const pair = buzz.page.locator('[data-review]', { hasText: 'Sunita Rao' });
    await pair.getByRole('button', { name: 'One person' }).click();
    await said(buzz.page, 'Noted: one person.');
  },
  async 'Buzz qualifies it, and a dossier waits for a consent'({ buzz, kept }) {
    await buzz.answer('Qualify this signal', 'Qualified');
    await buzz.open('Hand-offs');
    const row = buzz.page.locator('.row-item', { hasText: 'Sunita Rao' });
    assert.match(await row.innerText(), /Prepared[\s\S]*The member has not allowed it/);
    await row.getByRole('link', { name: 'Sunita Rao' }).click();
    await buzz.page.getByText('There is no consent that holds').waitFor();
    kept.dossier = new URL(buzz.page.url()).pathname;
    kept.member = new URL(await buzz.page.getByRole('link', { name: 'Member page' }).getAttribute('href'), buzz.page.url()).pathname;
  },
  async 'without her consent Alfred sees nothing, and Buzz cannot send'({ alfred, buzz, kept }) {
    await alfred.signIn();
    await alfred.page.getByText('Nobody was handed over yet').waitFor();
    assert.equal(await alfred.status(kept.dossier), 404);
    for (const path of [kept.member, '/main/members', '/main/flywheels/community_qualified_leads/runs/x']) {
      assert.equal(await alfred.status(path), 403, path);
    }
    const { page } = buzz;
    await page.getByLabel('To', { exact: true }).fill('Alfred');
    await page.getByLabel('Your note').fill('Knows what she wants. Hates cold calls.');
    await page.getByLabel('Sunita Rao knows who will write to them').check();
    await page.getByRole('button', { name: 'Send to sales' }).click();
    await page.getByRole('alert').filter({ hasText: 'the member has not allowed a hand-off to sales' }).waitFor();
    assert.equal(await page.getByLabel('Your note').inputValue(), 'Knows what she wants. Hates cold calls.');
    assert.equal(await alfred.status(kept.dossier), 404);
  },
  async 'Sunita says yes: Buzz records it, introduces her, and sends the dossier'({ buzz, kept }) {
    const { page } = buzz;
    await page.getByRole('link', { name: 'their page' }).click();
    const consents = page.locator('section', { has: page.getByRole('heading', { name: 'Consents' }) });
    await consents.getByText('Record a consent').click();
    await consents.getByLabel('They allow').selectOption({ label: 'Hand-off to sales' });
    await consents.getByLabel('Where they said so').fill('Slack');
    await consents.getByRole('button', { name: 'Record', exact: true }).click();
    await said(page, 'The consent is recorded.');
    await buzz.answer('Ask for consent and introduce', 'Introduced');
    const row = await buzz.task('Review and send the dossier');
    assert.match(await row.innerText(), /Sunita Rao/);
    await page.goto(new URL(kept.dossier, page.url()).href);
    await page.getByText('Every mandatory field is there').waitFor();
    await page.getByLabel('Sunita Rao knows who will write to them').check();
    await page.getByRole('button', { name: 'Send to sales' }).click();
    await said(page, 'Sent: sales finds it under Hand-offs.');
  },
  async 'Alfred sees Sunita and nobody else, opens the dossier, and accepts'({ alfred, kept }) {
    const { page } = alfred;
    await alfred.open('Hand-offs');
    assert.equal(await page.locator('main .rows .row-item').count(), 1);
    await page.getByRole('link', { name: 'Sunita Rao' }).click();
    for (const told of ['We outgrow the free plan', 'Knows what she wants', 'Lead engineer', 'how fast the export is', 'Meetup ev2']) {
      assert.ok((await page.locator('main').innerText()).includes(told), `${told} is not in the dossier`);
    }
    assert.ok(!(await page.content()).includes('magrathea') && !(await page.content()).includes('Zarquon'));
    await page.locator('#search').fill('Zarquon');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/search?**');
    assert.ok(!(await page.locator('main').innerText()).includes('Quentin'));
    assert.equal(await alfred.status(kept.member), 403, 'the dossier is all that he sees');
    await alfred.open('Hand-offs');
    await page.getByRole('link', { name: 'Sunita Rao' }).click();
    await page.getByRole('button', { name: 'Accept' }).click();
    await said(page, 'Accepted: you take care of them now.');
    await page.getByText('You take care of Sunita Rao').waitFor();
  },
  async 'Alfred makes the first contact, wins the deal, and tells Buzz'({ alfred, buzz }) {
    await alfred.answer('First contact', 'Done');
    const now = new Date().toISOString();
    await buzz.upload('deal.jsonl', [
      { type: 'deal', id: 'd1', organization: 'corp', name: 'Corp, team plan', amount: 1_200_000, currency: 'EUR', created_at: now,
        stage: 'won', closed_at: now, won: true, motion: 'self_serve', owner: 'Alfred', contacts: [{ identity: SUNITA, role: 'buyer' }] },
    ]);
    await alfred.answer('Tell the builder the outcome', 'Done');
  },
  async 'Sunita tells her story, and the run shows every step with what proves it'({ buzz }) {
    const { page } = buzz;
    await buzz.upload('story.jsonl', [
      { type: 'activity', id: 'm9', activity: 'story:testimonial:given', at: new Date().toISOString(), channel: 'C1', actor: SUNITA,
        text: 'How forty of us signed on within a day.' },
    ]);
    await buzz.open('Flywheels');
    await page.getByRole('main').getByRole('link', { name: 'Community-qualified leads' }).first().click();
    await page.locator('#runs').waitFor();
    const row = page.locator('.row-item', { hasText: 'Sunita Rao' });
    assert.match(await row.innerText(), /Completed/);
    await row.getByRole('link', { name: 'Tells the story, refers others' }).click();
    await page.getByRole('heading', { name: 'Its way' }).waitFor();
    const steps = page.locator('.run-step');
    const titles = ['Uses the free product', 'Regular at events', 'Signals a need', 'Introduced to sales', 'Dossier handed over', 'Sales helps',
      'Tells the story'];
    assert.equal(await steps.count(), titles.length);
    for (const [place, title] of titles.entries()) {
      const step = steps.nth(place);
      assert.ok((await step.innerText()).includes(title), title);
      assert.ok(await step.locator('.run-evidence li').count() > 0, `nothing proves “${title}”`);
      assert.ok(!(await step.getAttribute('class')).includes('is-past'), `“${title}” was passed over`);
    }
    assert.match(await steps.nth(2).innerText(), /We outgrow the free plan/);
    assert.match(await steps.nth(3).innerText(), /by Buzz/);
    assert.match(await page.locator('main').innerText(), /How forty of us signed on/);
    await page.getByText('Nothing: nobody waits for anybody.').waitFor();
  },
};

/** Plays the chapters in their order; the first that fails ends the story, since the others build on it. */
async function play(browser, origin) {
  const wrong = [];
  const names = { admin: 'Ada', guest: 'Guest', buzz: 'Buzz', alfred: 'Alfred' };
  const cast = { origin, kept: {} };
  for (const [part, name] of Object.entries(names)) cast[part] = await person(browser, origin, name, wrong);
  for (const [name, chapter] of Object.entries(chapters)) {
    try {
      await chapter(cast);
      assert.deepEqual(wrong, []);
      console.log(`works: ${name}`);
    } catch (error) {
      console.log(`FAILS: ${name}\n  ${error.message}`);
      for (const part of Object.keys(names)) {
        if (process.env.AXLE_SHOTS) await cast[part].page.screenshot({ path: join(process.env.AXLE_SHOTS, `story-${part}.png`), fullPage: true });
      }
      return false;
    }
  }
  return true;
}

for (const [name, role] of [['Ada', 'admin'], ['Buzz', 'builder'], ['Alfred', 'sales']]) {
  axle(['user', 'add', `${name.toLowerCase()}@axle.example`, '--name', name, '--role', role], PASSWORD);
}
axle(['import', file('past.jsonl', past()), '--source', 'community']);
const { origin, close } = await serve();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const isPlayed = await play(browser, origin);
await browser.close();
close();
rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
process.exitCode = isPlayed ? 0 : 1;
