//! What is not public: channels, and the activities in them. Whatever hides it asks here.

use std::collections::{HashMap, HashSet};

use axle_store::whereabouts::{self, LeftOut};
use axle_store::{channel, source};

use crate::{AppResult, Workspace, directory};

/// Kinds of channels that are private where nobody says. There an activity is, too, whose type begins so: a call that no
/// channel holds.
const KINDS: [&str; 5] = ["mail", "internal", "crm", "support", "call"];

/// Whether a channel is not public: as a person or its source says, else by its kind.
pub(crate) fn is_private(said: Option<bool>, kind: &str) -> bool {
    said.unwrap_or_else(|| KINDS.contains(&kind))
}

/// What is private in a workspace.
#[derive(Debug, Default)]
pub(crate) struct Private {
    /// Of each channel, by number: whether it is private, and what somebody said of that.
    channels: HashMap<u32, (bool, Option<bool>)>,
    /// Those that are private, by source and its own id.
    ids: HashSet<(String, String)>,
    /// What the query engine's tables may call private channels: those whose name several sources use stand with their source.
    names: Vec<String>,
    /// The same of channels that somebody says are public.
    open: Vec<String>,
    /// Names of all sources.
    pub(crate) sources: Vec<String>,
}

impl Private {
    pub(crate) async fn read(workspace: &Workspace) -> AppResult<Self> {
        let mut private = Self::default();
        private.sources.extend(source::all(workspace.db()).await?.into_iter().map(|row| row.name));
        for row in channel::all(workspace.db()).await? {
            let (said, source, id) = (row.is_private, row.source.clone(), row.external_id.clone());
            let known = directory::channel_of(row);
            let is_private = is_private(said, &known.kind);
            private.channels.insert(known.channel_id, (is_private, said));
            if is_private {
                private.ids.insert((source.clone(), id));
            }
            let names = [format!("{source}/{}", known.name), known.name];
            match (is_private, said) {
                (true, _) => private.names.extend(names),
                (false, Some(_)) => private.open.extend(names),
                (false, None) => {}
            }
        }
        Ok(private)
    }

    /// Whether what a source says of one of its channels, by its own id, is private.
    pub(crate) fn holds_of(&self, source: &str, channel: &str) -> bool {
        self.ids.contains(&(source.to_owned(), channel.to_owned()))
    }

    fn holds(&self, channel_id: u32, activity_type: &str) -> bool {
        let (is_private, said) = self.channels.get(&channel_id).copied().unwrap_or_default();
        let kind = activity_type.split(':').next().unwrap_or_default();
        is_private || (said.is_none() && KINDS.contains(&kind))
    }

    /// What is public, as by [`Self::holds`], as a condition on the query engine's table `activities`.
    pub(crate) fn public_condition(&self) -> String {
        let quoted = |name: &String| format!("'{}'", name.replace('\'', "''"));
        let list = |names: &[String]| names.iter().map(quoted).collect::<Vec<_>>().join(", ");
        let kinds: Vec<String> = KINDS.iter().map(|kind| format!("activity_type not like '{kind}:%'")).collect();
        let mut condition = kinds.join(" and ");
        if !self.open.is_empty() {
            condition = format!("({condition} or channel in ({}))", list(&self.open));
        }
        if !self.names.is_empty() {
            condition.push_str(&format!(" and channel not in ({})", list(&self.names)));
        }
        condition
    }

    /// What is not public, as by [`Self::holds`], for the database.
    pub(crate) fn left_out(&self) -> LeftOut {
        let numbers = |wanted: fn(&(bool, Option<bool>)) -> bool| {
            let mut numbers: Vec<u32> =
                self.channels.iter().filter(|(_, known)| wanted(known)).map(|(number, _)| *number).collect();
            numbers.sort_unstable();
            numbers
        };
        LeftOut {
            channels: numbers(|(is_private, _)| *is_private),
            kinds: KINDS.map(str::to_owned).to_vec(),
            kept: numbers(|(_, said)| said.is_some()),
        }
    }

    /// Whether what was done to some objects (see [`axle_model::activity::object_named`]) is public; nothing of what is not on
    /// record.
    pub(crate) async fn are_public(
        &self,
        workspace: &Workspace,
        objects: &[[u8; 12]],
    ) -> AppResult<HashMap<[u8; 12], bool>> {
        let mut public = HashMap::new();
        for one in whereabouts::of(workspace.db(), objects).await? {
            *public.entry(one.object).or_insert(true) &= !self.holds(one.channel_id, &one.activity_type);
        }
        Ok(public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_and_sources_say_of_a_channel_stands_above_its_kind() {
        assert!(is_private(None, "mail") && is_private(Some(true), "chat"));
        assert!(!is_private(None, "chat") && !is_private(Some(false), "mail"));
        let channels = HashMap::from([(1, (true, Some(true))), (2, (false, None)), (3, (false, Some(false)))]);
        let private = Private { channels, ..Private::default() };
        assert!(private.holds(1, "chat:message:sent") && private.holds(2, "call:sales:held"));
        assert!(!private.holds(2, "chat:message:sent") && !private.holds(3, "mail:thread:opened"));
        let left_out = private.left_out();
        assert_eq!((left_out.channels, left_out.kept), (vec![1], vec![1, 3]), "the database leaves out the same");
    }

    #[test]
    fn a_channel_is_private_at_its_own_source_alone() {
        let private = Private { ids: HashSet::from([("calendar".into(), "private".into())]), ..Private::default() };
        assert!(private.holds_of("calendar", "private") && !private.holds_of("calendar", "events"));
        assert!(!private.holds_of("other", "private"));
    }

    #[test]
    fn the_engine_leaves_out_private_channels_and_what_no_channel_holds() {
        let mut private = Private::default();
        let kinds = KINDS.map(|kind| format!("activity_type not like '{kind}:%'")).join(" and ");
        assert_eq!(private.public_condition(), kinds);
        private.names.push("o'neill".into());
        private.open.push("list".into());
        assert_eq!(
            private.public_condition(),
            format!("({kinds} or channel in ('list')) and channel not in ('o''neill')")
        );
    }
}
