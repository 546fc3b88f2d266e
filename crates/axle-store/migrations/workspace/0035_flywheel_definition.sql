-- Definitions of flywheels as people saved them. Only added to: of each flywheel the newest version holds.
create table flywheel_definition (
    flywheel text not null,
    version bigint not null,
    -- TOML; null: what comes with Axle holds again, or the flywheel is gone when none of that name does.
    text text,
    -- Version of what came with Axle then; null when nothing of that name did.
    shipped_version bigint,
    saved_at bigint not null,
    saved_by text not null,
    primary key (flywheel, version)
);
