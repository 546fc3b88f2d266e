//! The one place that knows everybody: finds who may be one person, at once for all or for one who is new.

use std::collections::HashSet;

use hashbrown::HashMap;
use rayon::prelude::*;

use crate::blocks::Blocks;
use crate::calibration::Calibration;
use crate::compare::{Comparer, Comparison};
use crate::keys;
use crate::letters::Letters;
use crate::parse::parse;
use crate::reasons::{Reason, reasons};
use crate::register::{Record, Register};
use crate::view::Identity;
use crate::weights::{Weights, probability};
use crate::words::BuildHashed;

/// How suggestions are made.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What agreements are worth.
    pub weights: Weights,
    /// From the probability by weights to the one that reviewers here confirm.
    pub calibration: Calibration,
    /// Pairs below are not suggested, 0 to 1.
    pub least_probability: f64,
    /// A member of more identities than this is made by a person only.
    pub largest_member: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            weights: Weights::default(),
            calibration: Calibration::default(),
            least_probability: 0.02,
            largest_member: 12,
        }
    }
}

/// Two members who may be one person, by the two of their identities that say so most clearly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Position of the one identity.
    pub a: u32,
    /// Position of the other, higher than `a`.
    pub b: u32,
    /// How likely they are one person, 0 to 1, calibrated.
    pub probability: f64,
}

/// Everybody, ready to be compared. Identities are known by their positions in the order in which they were given.
#[derive(Debug)]
pub struct Resolver {
    pub(crate) register: Register,
    pub(crate) letters: Letters,
    blocks: Blocks,
    /// How many there were when the blocks were made.
    at_first: u32,
    /// Who came after the blocks were made, by key.
    later: HashMap<u64, Vec<u32>, BuildHashed>,
    pub(crate) settings: Settings,
    pub(crate) forbidden: Vec<(u32, u32)>,
    /// What members took part in.
    conversations: HashMap<u32, HashSet<u32>, BuildHashed>,
    /// Members who spoke to each other.
    addressed: HashSet<(u32, u32)>,
    declared: HashSet<(u32, u32)>,
}

/// So many identities are understood before they are numbered.
const PIECE: usize = 8192;
/// What it says against a pair that the two talked with each other, as a natural logarithm.
const TWO_VOICES: f64 = -4.0;

impl Resolver {
    /// Takes everybody in. The work grows about linearly.
    pub fn new(identities: &[Identity<'_>], settings: Settings) -> Self {
        let mut register = Register::for_about(identities.len());
        take_in(&mut register, identities);
        register.forget_shared_mailboxes();
        let handles = register.words.iter().filter(|(_, uses)| uses.handles > 0).map(|(text, _)| text);
        let letters = Letters::learn(handles);
        let blocks = Blocks::new(&register);
        register.leave_room();
        Self {
            register,
            letters,
            blocks,
            at_first: u32::try_from(identities.len()).unwrap_or(u32::MAX),
            later: HashMap::default(),
            settings,
            forbidden: Vec::new(),
            conversations: HashMap::default(),
            addressed: HashSet::new(),
            declared: HashSet::new(),
        }
    }

    /// Says that the two identities are two people: their members are neither suggested nor joined.
    pub fn forbid(&mut self, a: u32, b: u32) {
        self.forbidden.push((a.min(b), a.max(b)));
    }

    /// Says that the member of an identity took part in a conversation. Members who took part in one, each in its own voice, are
    /// seldom one person.
    pub fn heard_in(&mut self, identity: u32, conversation: u32) {
        let member = self.member(identity);
        self.conversations.entry(member).or_default().insert(conversation);
    }

    /// Says that the members of two identities spoke to each other: one replied to the other, or named them.
    pub fn addressed(&mut self, a: u32, b: u32) {
        let members = self.members_of(a, b);
        self.addressed.insert(members);
    }

    fn members_of(&self, a: u32, b: u32) -> (u32, u32) {
        ordered(self.member(a), self.member(b))
    }

    fn voices(&self, a: u32, b: u32) -> f64 {
        if self.conversations.is_empty() && self.addressed.is_empty() {
            return 0.0;
        }
        let of = |identity: u32| self.conversations.get(&self.member(identity));
        let are_two = of(a).zip(of(b)).is_some_and(|(one, other)| !one.is_disjoint(other));
        if are_two || self.addressed.contains(&self.members_of(a, b)) { TWO_VOICES } else { 0.0 }
    }

    /// Says that somebody declared the two identities to be one person and did not check it: so far the odds are even.
    pub fn declare(&mut self, a: u32, b: u32) {
        self.declared.insert(ordered(a, b));
    }

    /// Moves an identity to another member, after a join or a split.
    pub fn set_member(&mut self, identity: u32, member: u32) {
        self.register.records[identity as usize].member = member;
    }

    /// The member of an identity.
    pub fn member(&self, identity: u32) -> u32 {
        self.record(identity).member
    }

    /// How suggestions are made.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Changes how suggestions are made, from the next question on.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// How many identities there are.
    pub fn len(&self) -> usize {
        self.register.records.len()
    }

    /// Whether there are no identities.
    pub fn is_empty(&self) -> bool {
        self.register.records.is_empty()
    }

    /// Forgets who was said to be two people, or declared to be one, and who was heard together.
    pub fn forget_decisions(&mut self) {
        self.forbidden.clear();
        self.conversations.clear();
        self.addressed.clear();
        self.declared.clear();
    }

    /// Everybody who may be one person, the likeliest first; equal ones by position.
    pub fn pairs(&self) -> Vec<Pair> {
        self.pairs_among(&self.candidates())
    }

    /// Those of the candidates who may be one person, and who came later.
    pub(crate) fn pairs_among(&self, candidates: &[(u32, u32)]) -> Vec<Pair> {
        let forbidden = self.forbidden_members();
        let mut found: Vec<Pair> =
            candidates.par_iter().with_min_len(4096).filter_map(|(a, b)| self.pair(*a, *b, &forbidden)).collect();
        // Who came later is in no block.
        let later = self.at_first..u32::try_from(self.len()).unwrap_or(u32::MAX);
        found.par_extend(later.into_par_iter().flat_map_iter(|position| self.found_of(position, &forbidden)));
        self.likeliest(found)
    }

    /// Takes in one more identity; gives its position. Ask [`Resolver::pairs_of`] who it may be.
    pub fn add(&mut self, identity: &Identity<'_>) -> u32 {
        let position = self.register.add(identity, parse(identity));
        let mut keys = Vec::new();
        keys::keys(&self.register, &self.register.records[position as usize], &mut keys);
        self.add_finer(position, &mut keys);
        for key in keys {
            self.later.entry(key).or_default().push(position);
        }
        position
    }

    /// Who may be one person with the identity, the likeliest first.
    pub fn pairs_of(&self, position: u32) -> Vec<Pair> {
        self.likeliest(self.found_of(position, &self.forbidden_members()))
    }

    fn found_of(&self, position: u32, forbidden: &HashSet<(u32, u32)>) -> Vec<Pair> {
        let record = &self.register.records[position as usize];
        let mut keys = Vec::new();
        keys::keys(&self.register, record, &mut keys);
        keys::names_within_handles(&self.register, record, &mut keys);
        self.add_finer(position, &mut keys);
        let none = Vec::new();
        let later = |key| self.later.get(&key).unwrap_or(&none).iter().copied();
        let mut others: Vec<u32> = keys.iter().flat_map(|key| self.blocks.with_key(*key).chain(later(*key))).collect();
        others.sort_unstable();
        others.dedup();
        let pairs = others.into_iter().filter(|other| *other != position);
        pairs.filter_map(|other| self.pair(other.min(position), other.max(position), forbidden)).collect()
    }

    /// The same pairs as likely as they are by what was heard since, the likeliest first.
    pub fn judged_anew(&self, mut pairs: Vec<Pair>) -> Vec<Pair> {
        pairs.par_iter_mut().for_each(|pair| pair.probability = self.probability(pair.a, pair.b));
        self.likeliest(pairs)
    }

    /// Those who were declared to be one person, by position, however unlikely it is; nobody of whom nothing is asked:
    /// programs, identities of one member, and those who were said to be two people.
    pub fn declared_pairs(&self) -> Vec<Pair> {
        let forbidden = self.forbidden_members();
        let asked = self.declared.iter().filter(|(a, b)| self.may_be_asked(*a, *b, &forbidden));
        let mut pairs: Vec<Pair> =
            asked.map(|(a, b)| Pair { a: *a, b: *b, probability: self.probability(*a, *b) }).collect();
        pairs.sort_by_key(|pair| (pair.a, pair.b));
        pairs
    }

    /// Why a pair may be one person, the strongest reason first.
    pub fn explain(&self, a: u32, b: u32) -> Vec<Reason> {
        let comparison = self.compare(a, b);
        let mut found = reasons(&self.register, self.record(a), &comparison, &self.settings.weights);
        if self.voices(a, b) < 0.0 {
            found.push(Reason::two_voices(TWO_VOICES));
        }
        if self.declared.contains(&ordered(a, b)) {
            found.push(Reason::declared(self.settings.weights.of_declared(self.register.people)));
        }
        found.sort_by(|x, y| y.weight.total_cmp(&x.weight));
        found
    }

    /// How likely two identities are one person, whether or not they would be suggested, 0 to 1.
    pub fn probability(&self, a: u32, b: u32) -> f64 {
        self.settings.calibration.apply(self.uncalibrated(a, b))
    }

    /// The same by the weights alone, before calibration: what a [`crate::Decision`] keeps.
    pub fn uncalibrated(&self, a: u32, b: u32) -> f64 {
        probability(self.log_odds(a.min(b), a.max(b)))
    }

    pub(crate) fn record(&self, position: u32) -> &Record {
        &self.register.records[position as usize]
    }

    pub(crate) fn compare(&self, a: u32, b: u32) -> Comparison {
        let comparer = Comparer { register: &self.register, letters: &self.letters };
        comparer.compare(self.record(a), self.record(b))
    }

    /// Pairs that share a key, compared or not yet.
    pub(crate) fn candidates(&self) -> Vec<(u32, u32)> {
        self.blocks.pairs(&self.register)
    }

    fn log_odds(&self, a: u32, b: u32) -> f64 {
        let (weights, people) = (&self.settings.weights, self.register.people);
        let declared = if self.declared.contains(&(a, b)) { weights.of_declared(people) } else { 0.0 };
        weights.log_odds(&self.compare(a, b), people) + self.voices(a, b) + declared
    }

    /// What speaks for one person, less what speaks against it, whatever the number of people.
    pub(crate) fn evidence(&self, a: u32, b: u32) -> f64 {
        self.settings.weights.evidence(&self.compare(a, b), self.register.people) + self.voices(a, b)
    }

    fn add_finer(&self, position: u32, keys: &mut Vec<u64>) {
        let mut finer = Vec::new();
        for key in keys.iter().filter(|key| self.blocks.is_cut_finer(**key)) {
            keys::finer(self.record(position), self.blocks.cut(*key), &mut finer);
        }
        keys.extend(finer);
    }

    fn may_be_asked(&self, a: u32, b: u32, forbidden: &HashSet<(u32, u32)>) -> bool {
        let (one, other) = (self.record(a), self.record(b));
        let is_forbidden = || !forbidden.is_empty() && forbidden.contains(&ordered(one.member, other.member));
        !one.excluded && !other.excluded && one.member != other.member && !is_forbidden()
    }

    fn pair(&self, a: u32, b: u32, forbidden: &HashSet<(u32, u32)>) -> Option<Pair> {
        if !self.may_be_asked(a, b, forbidden) {
            return None;
        }
        let probability = self.probability(a, b);
        (probability >= self.settings.least_probability).then_some(Pair { a, b, probability })
    }

    pub(crate) fn forbidden_members(&self) -> HashSet<(u32, u32)> {
        self.forbidden.iter().map(|(a, b)| self.members_of(*a, *b)).collect()
    }

    /// Of pairs between the same two members the likeliest, the likeliest of all first; equal ones by position.
    pub fn likeliest(&self, pairs: Vec<Pair>) -> Vec<Pair> {
        let members = |pair: Pair| (self.members_of(pair.a, pair.b), pair);
        let likeliest = |x: &Pair, y: &Pair| y.probability.total_cmp(&x.probability).then((x.a, x.b).cmp(&(y.a, y.b)));
        let mut of_members: Vec<((u32, u32), Pair)> = pairs.into_par_iter().map(members).collect();
        of_members.par_sort_unstable_by(|(of, x), (other, y)| of.cmp(other).then_with(|| likeliest(x, y)));
        of_members.dedup_by_key(|(members, _)| *members);
        let mut pairs: Vec<Pair> = of_members.into_par_iter().map(|(_, pair)| pair).collect();
        pairs.par_sort_unstable_by(likeliest);
        pairs
    }
}

/// Understands one piece while the piece before is numbered.
fn take_in(register: &mut Register, identities: &[Identity<'_>]) {
    let mut pieces = identities.chunks(PIECE);
    let (mut now, mut next) = (Vec::new(), Vec::new());
    let Some(mut piece) = pieces.next() else { return };
    piece.par_iter().map(parse).collect_into_vec(&mut now);
    loop {
        let following = pieces.next().unwrap_or_default();
        let number = || {
            for (identity, parsed) in piece.iter().zip(now.drain(..)) {
                register.add(identity, parsed);
            }
        };
        rayon::join(number, || following.par_iter().map(parse).collect_into_vec(&mut next));
        if following.is_empty() {
            return;
        }
        piece = following;
        std::mem::swap(&mut now, &mut next);
    }
}

fn ordered(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}
