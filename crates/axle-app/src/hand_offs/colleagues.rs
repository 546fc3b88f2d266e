//! Packets between colleagues who see members: onboarding to customer success, key accounts both ways. Each is made of a run
//! as it stands; nothing of it is stored.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::packet::{self, PACKETS, Section};
use super::sources::Sources;
use crate::users::User;
use crate::{AppError, AppResult, Workspace, flywheels};

/// What is handed to colleagues about a member in a flywheel.
#[derive(Debug, Clone, Serialize)]
pub struct RunPacket {
    /// Id of the flywheel.
    pub flywheel: String,
    /// Id of the run.
    pub run_id: String,
    /// Public id of the member.
    pub member_id: String,
    /// Their name.
    pub name: String,
    /// One for each side that is told something.
    pub packets: Vec<Told>,
}

/// What one side is told.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// Who reads it: `customer success`.
    pub to: &'static str,
    /// Parts in reading order.
    pub sections: Vec<Section>,
}

impl RunPacket {
    /// All sides as text, to be saved as a file.
    pub fn text(&self, zone: &TimeZone) -> String {
        let side = |told: &Told| packet::text(&format!("{}, for {}", self.name, told.to), &told.sections, zone);
        self.packets.iter().map(side).collect::<Vec<_>>().join("\n")
    }
}

/// Whether colleagues hand each other anything about a run of that flywheel.
pub fn has_packet(flywheel: &str) -> bool {
    PACKETS.iter().any(|packet| packet.flywheel == flywheel && packet.to != "sales")
}

/// What colleagues tell each other about the member of a run. What sales is told is a hand-off, with its consent.
///
/// # Errors
/// [`AppError::Forbidden`] for who may not see members; [`AppError::NotFound`] when there is no such run, or its flywheel has
/// no packet between colleagues.
pub async fn of_run(workspace: &Workspace, run_id: &str, user: &User, now: Timestamp) -> AppResult<RunPacket> {
    if !user.may_see_members() {
        return Err(AppError::Forbidden("your role reads what was handed over, under Hand-offs".into()));
    }
    let run = flywheels::current(workspace, now).await?.run(run_id)?.run;
    if !has_packet(&run.flywheel) {
        let known: Vec<&str> =
            PACKETS.iter().filter(|packet| packet.to != "sales").map(|packet| packet.flywheel).collect();
        let what =
            format!("runs of `{}` have no packet between colleagues: those of {} do", run.flywheel, known.join(", "));
        return Err(AppError::NotFound(what));
    }
    let read = Sources::for_team(workspace, &run.member_id, now).await?;
    let mut packets = Vec::new();
    for packet in PACKETS.iter().filter(|packet| packet.flywheel == run.flywheel && packet.to != "sales") {
        packets.push(Told { to: packet.to, sections: packet::sections(&read, packet.parts).await? });
    }
    Ok(RunPacket { flywheel: run.flywheel, run_id: run.run_id, member_id: run.member_id, name: read.name, packets })
}
