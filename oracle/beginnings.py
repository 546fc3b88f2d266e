"""Whether and from when on there are facts of the kinds that figures are made of: before, nothing is unknown and not 0 (decision record 60)."""

import re
from datetime import UTC
from pathlib import Path

from figures.workplaces import unstated, worked

LINES = Path(__file__).parent.parent / "docs" / "reference" / "interchange.md"

# What each figure needs: all of these, and of those parted by `/` any one.
NEEDED = {
    "abandoned_call_rate": "call",
    "account_expansion": "organization subscription",
    "account_seats_growth": "organization product_event",
    "activation_difference": "product_user product_event",
    "activation_rate": "product_user product_event",
    "active_members_in_organizations": "affiliation",
    "active_members_in_organizations_90d": "affiliation",
    "answered_first_by_community": "teammate",
    "answered_only_by_community": "teammate",
    "attributed_value": "deal",
    "average_customer_lifespan": "subscription/deal/organization",
    "build_with_ratio": "shipped_item",
    "call_conversion_rate": "call",
    "call_source_coverage": "call",
    "callback_time": "call",
    "call_tags": "call",
    "calls": "call",
    "calls_scored_share": "call",
    "campaign_roi": "deal cost assumption",
    "champion_active_days_30d": "role",
    "champion_activity_30d": "role",
    "champion_activity_30d_median": "role",
    "champion_alert_precision": "every_run every_evidence",
    "champion_alert_recall": "role every_run every_evidence",
    "champion_alerts_per_builder": "role every_run every_evidence",
    "champion_feedback": "feedback role",
    "champion_feedback_actioned": "feedback role",
    "champion_feedback_each": "feedback role",
    "champion_feedback_loop_closure": "feedback role",
    "champion_feedback_time_to_action": "feedback role",
    "champion_mean_weight": "role",
    "champion_mean_weight_each": "role",
    "champion_outreach_time": "every_stay",
    "champion_recovery_left_alone": "every_run every_evidence every_stay",
    "champion_recovery_rate": "every_run every_evidence",
    "champion_win_rate": "deal role",
    "check_in_outcomes": "task",
    "cold_hand_offs": "hand_off",
    "community_contributions": "teammate",
    "community_product_user_share": "product_user",
    "community_product_users": "product_user",
    "community_roi": "cost assumption",
    "content_engagement_rate": "content",
    "content_gaps": "ticket",
    "customer_lifespan_landmark": "subscription/deal/organization",
    "customer_loyalty": "subscription",
    "customer_referral_rate": "invite",
    "customer_satisfaction": "survey_response/ticket",
    "customers_on_one_timeline": "organization/subscription",
    "daily_active_product_users": "product_event",
    "daily_active_visitors": "visit",
    "deal_champion_active_days": "role",
    "deal_champion_activities": "role",
    "deal_champion_activities_each": "role",
    "deal_champion_activity_weight": "role",
    "deal_champions": "role",
    "deal_champions_lost": "deal role",
    "deal_win_rate": "deal",
    "deals_closed_from_members": "deal",
    "deals_closed_from_members_value": "deal",
    "deals_from_members_share": "deal",
    "deals_open_by_champions": "deal",
    "deals_with_champion": "deal role",
    "depth_acts_per_key_member": "role",
    "direct_traffic_growth": "visit",
    "direct_traffic_growth_year": "visit",
    "direct_visits": "visit",
    "duplicate_questions": "duplicate",
    "feature_breadth": "product_user product_event",
    "feedback_account_value": "feedback subscription",
    "feedback_actioned": "feedback",
    "feedback_authors": "feedback",
    "feedback_given": "feedback",
    "feedback_loop_closure": "feedback",
    "first_time_callers": "call",
    "flywheel_ambassadors": "every_stay role",
    "flywheel_bottlenecks": "every_stay",
    "flywheel_bottlenecks_functions": "every_stay",
    "flywheel_conversion": "every_stay",
    "flywheel_energy_passed": "every_stay",
    "flywheel_energy_passed_functions": "every_stay",
    "flywheel_entrants_per_push": "every_run push",
    "flywheel_experience": "every_stay",
    "flywheel_friction": "every_stay",
    "flywheel_friction_whole": "every_stay",
    "flywheel_loop_back": "every_run",
    "flywheel_momentum": "every_stay",
    "flywheel_momentum_change": "every_stay",
    "flywheel_output_per_push": "every_stay push",
    "flywheel_push_channels": "push",
    "flywheel_pushes": "push",
    "flywheel_recurring_revenue": "every_stay subscription",
    "flywheel_retention": "every_stay",
    "flywheel_self_propelled_share": "every_stay push",
    "flywheel_speed": "every_run",
    "flywheel_time_friction": "every_stay",
    "flywheel_turn_time": "every_run",
    "flywheel_turns": "every_run",
    "flywheel_weight": "every_stay",
    "graduation_rate": "every_run",
    "hand_off_acceptance": "hand_off",
    "hand_off_completeness": "hand_off",
    "hand_off_satisfaction": "hand_off survey_response",
    "influencer_advocate_authors": "mention role",
    "influencer_advocate_mentions": "mention role",
    "influencer_advocate_reach": "mention role",
    "internal_cross_team_share": "teammate",
    "internal_engaged_share": "teammate",
    "internal_face_concentration": "teammate",
    "internal_network_density": "teammate",
    "internal_teaching": "role product_user",
    "invitation_acceptance_rate": "invite",
    "invitations_per_user": "invite",
    "key_account_coverage": "organization",
    "key_account_single_thread": "organization role",
    "key_accounts_multi_thread": "organization role",
    "key_member_funnel": "role push/invite",
    "key_champions_weight": "every_stay organization",
    "key_members_active": "organization role",
    "lead_cycle_time": "hand_off deal",
    "lead_precision": "hand_off",
    "lead_time_gain": "signal/every_stay",
    "low_level_tickets_per_100_customers": "ticket subscription/organization",
    "market_mentions": "mention",
    "market_topic_trend": "mention",
    "mean_call_score": "call",
    "member_activation_rate": "product_user product_event",
    "member_activation_rate_landmark": "product_user product_event",
    "members_using_product": "product_user",
    "message_coverage": "push/content",
    "message_drift": "content",
    "missed_call_rate": "call",
    "monthly_active_product_users": "product_event",
    "monthly_active_visitors": "visit",
    "net_promoter_score": "survey_response",
    "newcomer_value_rate": "product_user",
    "nonmember_activation_rate": "product_user product_event",
    "nonmember_activation_rate_landmark": "product_user product_event",
    "opt_outs_after_contact": "call/push consent",
    "organizational_diversity": "affiliation",
    "organizations_with_three_members": "affiliation",
    "positive_signal_coverage": "teammate",
    "product_user_linkage": "product_user",
    "programme_cost": "cost",
    "programme_freshness": "role program enrollment",
    "programme_hours": "cost",
    "prospect_to_champion": "every_run every_stay",
    "qualified_leads": "hand_off",
    "qualified_to_handed_off": "hand_off",
    "questions_escalated": "ticket product_user/subscription/organization",
    "referred_purchase_share": "invite",
    "repeated_visitors": "visit",
    "returning_visitors": "visit",
    "returning_visitors_prior": "visit",
    "sales_call_brand_mention_rate": "call brand",
    "sales_call_brand_mention_rate_greeting_exempt": "call brand",
    "sales_call_transcript_coverage": "call",
    "sales_complaints": "call",
    "share_of_voice": "mention brand",
    "share_of_voice_reach": "mention brand",
    "signpost_ctr": "signpost",
    "signpost_join_rate": "signpost",
    "story_rate": "hand_off deal",
    "taught_users_per_champion": "role product_user",
    "teammates_onboarded": "deal product_user product_event",
    "ticket_deflection_high": "ticket product_user/subscription/organization",
    "ticket_deflection_low": "ticket product_user/subscription/organization",
    "ticket_deflection_ratio": "ticket",
    "ticket_deflection_saving": "ticket assumption product_user/subscription/organization",
    "ticket_deflection_share": "ticket",
    "time_to_accept": "invite",
    "time_to_first_referral": "invite",
    "time_to_first_value": "product_user",
    "time_to_invite": "invite",
    "time_to_score": "call",
    "trust_incidents": "call/push",
    "usage_lift_after_value": "product_user product_event",
    "usage_volume": "product_user",
    "user_member_gauge": "product_user",
    "user_member_presence": "product_user",
    "user_member_recency": "product_user",
    "value_before_ask": "call/push",
    "value_before_ask_below_1": "call/push",
    "viral_cycle_time": "invite",
    "viral_cycle_time_median": "invite",
    "virality_coefficient": "invite",
    "weekly_active_product_users": "product_event",
    "weekly_active_visitors": "visit",
    "win_rate_without_champion": "deal role",
    "won_deal_amount": "deal",
}

# The instants of what is told of flywheels.
TOLD = {"every_run": ("opened_at", "ended_at"), "every_stay": ("entered_at", "due_at", "left_at"), "every_evidence": ("observed_at",)}


def is_unread(db, name):
    """Whether there are no facts of a kind that a figure needs: it is not defined then, whatever else there is."""
    return any(all(not count(db, kind) for kind in group.split("/")) for group in NEEDED.get(name, "").split())


def count(db, kind):
    """How many facts there are of a kind. Addresses tell where people work, too, and people say who is a teammate."""
    if kind == "affiliation":
        worked(db)
        return unstated(db) + db.execute("select count(*) from works").fetchone()[0]
    if kind == "teammate":
        return db.execute("select (select count(*) from teammate) + (select count(*) from said where is_so)").fetchone()[0]
    table = kind if kind in TOLD else f"(select 1 from fact where kind = '{kind}')"
    return db.execute(f"select count(*) from {table}").fetchone()[0]


def is_unknown(db, name, question):
    """Whether a 0 of a period, given by its end, says nothing."""
    since = [begin for group in NEEDED.get(name, "").split() if (begin := beginning(db, group, question)) is not None]
    if not since:
        return lambda end: False
    if max(since) > question.as_of.astimezone(UTC).replace(tzinfo=None):
        return lambda end: True
    day = db.execute("select local_day(cast(? as timestamp))", [max(since)]).fetchone()[0]
    return lambda end: end <= day


def beginning(db, group, question):
    """The first instant of any of the kinds that have facts; None where a fact names no instant, or there are none. Since when somebody is
    a teammate, or works somewhere, says nothing of since when that is known."""
    if group in ("affiliation", "teammate"):
        return None
    firsts = [first for kind in group.split("/") if (first := first_of(db, kind, question)) != "none"]
    return None if not firsts or None in firsts else min(firsts)


FIRSTS: dict = {}


def first_of(db, kind, question):
    """The first instant that any fact of a kind names, of facts that come later, too; `"none"` where there are no facts."""
    key = (id(db), kind, question.zone)
    if key not in FIRSTS:
        told = kind in TOLD
        instants = TOLD[kind] if told else [f"instant_of(body->>'$.{name}')" for name in instants_of(kind)]
        first = f"least({', '.join(instants)})" if instants else "cast(null as timestamp)"
        table = kind if told else f"(select body from fact where kind = '{kind}')"
        count, dated, earliest = db.execute(f"select count(*), count({first}), min({first}) from {table}").fetchone()
        FIRSTS[key] = "none" if count == 0 else earliest if dated == count else None
    return FIRSTS[key]


def instants_of(kind):
    """The fields of a kind of line that are instants or dates, in the table of the reference."""
    section = LINES.read_text().split(f"\n## `{kind}`\n")[1].split("\n## ")[0]
    return re.findall(r"^\| \**`(\w+)`\** \| (?:instant|when) \|", section, re.MULTILINE)
