"""The decisions of the engine's specification (section 14), each with the tests that hold it.

A row is what was decided, and tests by file and name; `*` is every test of the file. A decision whose part of the
product is not built yet stands in LATER, with what it waits for. The list is complete: the check goes by the count.
"""

COUNT = 84

LATER: dict[int, str] = {}

DECISIONS: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "absent keys of a PUT stay, empty lists empty",
        (
            "engine/test_step_definitions.py::test_decision_1_absent_keys_stay_and_empty_lists_empty",
            "engine/test_rule_definitions.py::test_decision_1_absent_lists_stay_and_items_keep_their_ids",
            "engine/test_edit_task.py::test_owners_are_replaced_bucket_by_bucket",
        ),
    ),
    2: (
        "words of the template's label; it gates nothing",
        (
            "features/test_decisions.py::test_decision_2_the_label_gates_nothing",
            "features/templates/test_templates.py::test_label",
        ),
    ),
    3: (
        "answers outlive their kick-off field",
        ("features/test_decisions.py::test_decision_3_answers_outlive_their_kick_off_field",),
    ),
    4: (
        "processes without countable tasks",
        (
            "engine/test_launch.py::test_a_template_without_steps_makes_a_complete_process",
            "engine/rules/test_timing.py::test_a_procedure_with_nothing_but_hidden_steps_is_complete_only_after_the_rules",
        ),
    ),
    5: ("whole_progress counts hidden tasks", ("engine/test_status.py::test_1_3_worked_example",)),
    6: ("words of status_label", ("engine/test_status.py::test_labels",)),
    7: (
        "a second completion is 200 without events",
        (
            "engine/test_complete.py::test_a_second_completion_changes_nothing",
            "features/tasks/test_completing.py::test_a_second_completion_changes_nothing",
        ),
    ),
    8: (
        "completed holds for both outcomes of an approval",
        ("engine/rules/test_step_conditions.py::test_decision_8_completed_holds_for_every_type_beside_its_own",),
    ),
    9: ("is_approved is ignored on other types", ("engine/test_complete.py::test_decisions",)),
    10: (
        "override_user is for admins and programs",
        (
            "engine/test_complete.py::test_another_completer",
            "features/tasks/test_completing.py::test_override_user_is_for_administrators_and_programs",
        ),
    ),
    11: (
        "the first reject ends, approving needs all",
        (
            "engine/test_complete.py::test_the_first_rejection_ends_an_approval",
            "engine/test_complete.py::test_an_approval_needs_all",
        ),
    ),
    12: (
        "skip_start_process is stored and echoed",
        ("features/test_decisions.py::test_decision_12_mandatory_steps_are_stored_and_echoed",),
    ),
    13: ("hidden at launch", ("engine/rules/test_effects.py::test_decision_13_hidden_at_launch",)),
    14: ("the owner of a process", ("engine/test_launch.py::test_owner_and_starter_from_the_body",)),
    15: (
        "default_to_guest",
        (
            "engine/test_launch.py::test_a_public_launch_gives_the_guest_the_first_free_task",
            "engine/rules/test_timing.py::test_decision_15_the_submitter_gets_the_first_task_that_is_visible_after_the_rules",
        ),
    ),
    16: ("a scheduler of our own", ("features/schedules/test_schedules.py::test_each_moment_is_launched_once",)),
    17: (
        "the launcher of a chained process",
        (
            "engine/test_launch_next.py::test_a_process_of_its_own_counts_for_who_completed_the_task",
            "engine/test_launch_next.py::test_for_guests_and_the_bot_it_counts_for_the_owner_of_the_process",
        ),
    ),
    18: (
        "prefix and suffix are not in variables",
        ("features/test_decisions.py::test_decision_18_prefixes_and_suffixes_are_no_part_of_the_value",),
    ),
    19: (
        "people, files and tables in variables",
        (
            "features/test_decisions.py::test_decision_19_people_read_as_their_names_and_files_as_theirs",
            "features/tasks/test_variables.py::test_answers_of_tasks_and_tables",
        ),
    ),
    20: ("tables of one row are flat", ("engine/test_values.py::test_decision_20_a_table_of_one_row_becomes_the_row",)),
    21: ("min and max beside numeric are a range", ("engine/test_values.py::test_4_3_validations",)),
    22: (
        "defaults with variables live until the first edit",
        ("features/test_decisions.py::test_decision_22_defaults_with_variables_live_until_the_first_edit",),
    ),
    23: (
        "read-only fields",
        (
            "engine/test_edit_task.py::test_answers",
            "engine/test_kickoff.py::test_answers_are_merged",
            "engine/test_launch.py::test_values_of_tasks_are_checked",
            "features/schedules/test_schedules.py::test_decision_23_what_was_saved_for_a_read_only_field_is_launched_with",
            "features/tasks/test_completing.py::test_decision_23_read_only_fields_are_written_by_programs_alone",
        ),
    ),
    24: (
        "spaces inside the braces",
        (
            "features/tasks/test_variables.py::test_worked_example",
            "kernel/test_text.py::test_substitute",
        ),
    ),
    25: (
        "no variables in the addresses of webhooks",
        ("features/test_decisions.py::test_decision_25_addresses_of_webhooks_hold_no_variables",),
    ),
    26: (
        "values are never expanded",
        (
            "kernel/test_text.py::test_replacements_are_not_read_again",
            "features/test_decisions.py::test_decision_22_defaults_with_variables_live_until_the_first_edit",
        ),
    ),
    27: (
        "no time clause is any time",
        ("engine/rules/test_step_conditions.py::test_decision_27_no_clause_is_any_time_and_an_unknown_one_never",),
    ),
    28: ("not_assigned is false on hidden tasks", ("engine/rules/test_step_conditions.py::test_nobody_assigned",)),
    29: ("how texts compare", ("engine/rules/test_field_conditions.py::test_every_operation",)),
    30: ("negatives and is_empty on untouched fields", ("engine/rules/test_empty_answers.py::*",)),
    31: (
        "when step answers act",
        (
            "engine/rules/test_timing.py::test_answers_act_on_save_for_visibility_people_and_deadlines",
            "engine/rules/test_timing.py::test_reopening_and_webhooks_wait_for_the_tasks_that_were_asked",
            "engine/rules/test_timing.py::test_a_date_of_a_step_is_read_once_the_step_is_completed",
        ),
    ),
    32: ("shown by hand locks too", ("engine/rules/test_effects.py::test_decision_32_by_hand_beats_rules",)),
    33: (
        "a rule beyond max_assignable is skipped",
        (
            "engine/rules/test_assignment_actions.py::test_decision_33_too_many_people_are_not_assigned_but_commented_on",
        ),
    ),
    34: ("shifts do not add up", ("engine/rules/test_deadline_actions.py::test_decision_34_shifts_do_not_add_up",)),
    35: (
        "reversal is asked for",
        (
            "engine/rules/test_reversal.py::test_without_the_switch_nothing_is_taken_back",
            "engine/rules/test_reversal.py::test_a_shown_task_is_hidden_again",
        ),
    ),
    36: (
        "the shape of tasks_changed_by_rules",
        (
            "features/processes/test_rules.py::test_completing_and_reopening_say_what_rules_changed",
            "features/test_decisions.py::test_decision_53_and_69_hidden_by_hand",
        ),
    ),
    37: (
        "the other vocabulary of deadlines is refused",
        (
            "engine/test_step_definitions.py::test_refusals",
            "engine/test_rule_definitions.py::test_5_2_refusals",
        ),
    ),
    38: (
        "deadlines by hand are pinned",
        (
            "engine/test_deadlines.py::test_decision_38_a_date_set_by_a_rule_is_not_recalculated",
            "engine/test_deadlines.py::test_pinned_dates_stay",
            "engine/test_deadlines.py::test_a_launch_override_pins",
        ),
    ),
    39: (
        "calendar arithmetic",
        (
            "kernel/test_worktime.py::test_wall_clock",
            "engine/test_worked_examples.py::test_6_2_month_ends_clamp_and_the_clock_on_the_wall_stays",
        ),
    ),
    40: (
        "the JSON of working_days",
        (
            "kernel/test_worktime.py::test_all_hours_in_every_way_to_write_them",
            "kernel/test_worktime.py::test_any_imported_week_is_read",
        ),
    ),
    41: (
        "held deadlines show a provisional date",
        ("engine/test_deadlines.py::test_held_deadlines_show_a_provisional_date",),
    ),
    42: (
        "anchors hidden for ever",
        (
            "engine/test_deadlines.py::test_it_is_released_when_nothing_is_left_that_could_show_the_step",
            "engine/test_deadlines.py::test_a_hidden_step_that_is_shown_holds_again",
        ),
    ),
    43: ("a role that nobody fills", ("engine/test_launch.py::test_job_titles",)),
    44: ("no launcher beside a group", ("engine/test_assignment.py::test_7_3_worked_example",)),
    45: (
        "the member beside guests only watches",
        (
            "engine/test_complete.py::test_the_member_beside_guests_need_not_sign",
            "engine/rules/test_assignment_actions.py::test_guests_alone_get_the_launcher_who_only_watches",
        ),
    ),
    46: (
        "the clock stands while the process has an issue",
        (
            "engine/test_expire.py::test_what_does_not_expire",
            "engine/rules/test_overdue.py::test_a_blocked_process_stands_still_until_the_issue_is_resolved",
        ),
    ),
    47: ("signatures are cleared by reopening", ("engine/test_reopen.py::test_signatures_are_cleared",)),
    48: (
        "launching anew with the same answers",
        (
            "features/processes/test_relaunch.py::test_decision_48_the_same_answers_in_a_new_process_of_the_template_as_it_is_now",
            "features/processes/test_relaunch.py::test_answers_without_a_field_are_dropped_and_named",
            "features/processes/test_relaunch.py::test_answers_that_do_not_fit_any_more_are_refused_by_name",
        ),
    ),
    49: (
        "the body of a rule's webhook",
        (
            "engine/test_webhook_body.py::test_49_the_body_of_a_rule_is_that_of_a_task_and_names_the_rule",
            "features/processes/test_webhook_bodies.py::test_decision_49_the_event_carries_the_body_with_what_the_rules_have_done",
        ),
    ),
    50: (
        "rights of a new template",
        (
            "features/templates/test_permissions.py::test_is_open_to_standard_members",
            "features/templates/test_permissions.py::test_light_members_by_name_group_or_everyone",
        ),
    ),
    51: (
        "issues of templates block nothing",
        ("features/threads/test_issues.py::test_issues_of_templates_block_nothing",),
    ),
    52: (
        "what Light members see and complete",
        (
            "features/tasks/test_completing.py::test_what_light_members_may_complete",
            "features/tasks/test_lists.py::test_what_a_light_member_sees",
        ),
    ),
    53: (
        "the call that hides and shows",
        (
            "features/test_decisions.py::test_decision_53_and_69_hidden_by_hand",
            "engine/test_visibility.py::test_what_cannot_be_toggled",
        ),
    ),
    54: ("reopening what is open", ("engine/test_reopen.py::test_an_open_task_stays_as_it_is",)),
    55: (
        "admins on tasks that everyone must complete",
        (
            "engine/test_complete.py::test_an_administrator_among_the_required_only_signs",
            "engine/test_complete.py::test_2_3_worked_example_with_an_administrator",
        ),
    ),
    56: (
        "the last unsigned person is taken off",
        (
            "engine/test_complete.py::test_the_last_unsigned_person_is_removed",
            "engine/rules/test_assignment_actions.py::test_decision_56_taking_off_who_has_not_signed_completes_the_task",
        ),
    ),
    57: ("completion_progress", ("engine/test_complete.py::test_2_3_worked_example",)),
    58: (
        "max_assignable",
        (
            "engine/test_template_import.py::test_decision_58_a_limit_that_is_exceeded_already_is_lifted",
            "engine/rules/test_assignment_actions.py::test_decision_58_the_watching_member_does_not_count",
        ),
    ),
    59: (
        "disabled people in a template",
        ("engine/test_assignment.py::test_whoever_is_disabled_is_left_out_of_a_template",),
    ),
    60: (
        "dates in texts without a reader",
        (
            "engine/test_naming.py::test_who_decides",
            "engine/test_naming.py::test_formats",
            "features/processes/test_decision_60.py::*",
            "features/mails/test_steps.py::test_decision_60_dates_are_written_as_the_launcher_writes_them",
        ),
    ),
    61: (
        "rules and deadlines of steps that come in",
        (
            "engine/test_launch_next.py::test_steps_come_in_right_after_the_task_with_deadlines_from_that_moment",
            "engine/test_launch_next.py::test_rules_within_the_steps_come_along_and_others_do_not",
        ),
    ),
    62: (
        "operators and formats of conditions",
        (
            "engine/test_rule_definitions.py::test_decision_62_any_field_operation_saves_on_any_field",
            "engine/rules/test_field_conditions.py::test_which_texts_are_numbers",
            "engine/rules/test_readings.py::test_how_a_statement_is_read_as_a_list",
        ),
    ),
    63: (
        "completion by the clock",
        (
            "features/timers/test_housekeeping.py::test_approvals_stay_undecided_and_the_whole_process_may_end",
            "features/timers/test_housekeeping.py::test_what_is_left_alone",
        ),
    ),
    64: (
        "which CSV columns fill on which row",
        (
            "features/processes/test_export_csv.py::test_decision_64_golden_file",
            "features/processes/test_export_csv.py::test_decision_64_which_columns_fill_on_which_row",
        ),
    ),
    65: (
        "digests and start dates",
        (
            "features/digests/test_contents.py::test_decision_65_explicit_starts_and_the_day_before_the_deadline",
            "features/digests/test_contents.py::test_decision_65_what_has_not_started_is_left_out_where_the_organization_wants_that",
            "features/digests/test_digests.py::test_decision_65_over_the_api",
        ),
    ),
    66: (
        "how defaults are written",
        (
            "engine/test_values.py::test_decision_66_dates",
            "engine/test_field_definitions.py::test_decision_66_defaults_are_kept_as_sent",
            "engine/test_visibility.py::test_relative_defaults_are_made_when_first_visible",
        ),
    ),
    67: (
        "required answers of a submitted form",
        ("engine/test_kickoff.py::test_a_required_answer_stays_while_the_form_is_submitted",),
    ),
    68: ("a comment that is a problem", ("features/threads/test_issues.py::test_worked_example_of_section_8",)),
    69: (
        "filters by status, and hidden tasks",
        (
            "features/tasks/test_lists.py::test_filters",
            "features/tasks/test_lists.py::test_hidden_tasks_show_only_in_the_unfiltered_list_of_their_process",
        ),
    ),
    70: (
        "launch of an archived template is 404",
        ("features/processes/test_launch.py::test_only_launchable_templates",),
    ),
    71: (
        "archived processes are read only",
        ("features/test_decisions.py::test_decision_71_an_archived_process_is_read_but_not_written",),
    ),
    72: (
        "a second completion comes before all else",
        (
            "engine/test_complete.py::test_a_second_completion_changes_nothing",
            "features/test_decisions.py::test_decision_71_an_archived_process_is_read_but_not_written",
        ),
    ),
    73: (
        "the table of operators is the full one",
        ("engine/rules/test_field_conditions.py::test_the_table_leaves_nothing_out",),
    ),
    74: (
        "dual versions start as a draft",
        ("features/templates/test_versions.py::test_a_new_template_is_a_draft_until_it_is_published",),
    ),
    75: ("actionable_type of each verb", ("engine/test_rule_definitions.py::test_5_2_refusals",)),
    76: (
        "the loop guard",
        (
            "engine/rules/test_effects.py::test_decision_76_an_action_that_changed_something_does_not_act_again",
            "engine/rules/test_effects.py::test_an_action_that_changed_nothing_may_still_act_in_a_later_round",
        ),
    ),
    77: (
        "the task of the event is not reopened",
        (
            "engine/rules/test_effects.py::test_decision_77_the_task_of_the_event_is_not_reopened",
            "engine/rules/test_effects.py::test_a_later_round_may_reopen_others_but_never_the_first",
        ),
    ),
    78: (
        "hidden tasks make no problem",
        ("engine/test_status.py::test_a_hidden_task_with_an_issue_does_not_make_a_problem",),
    ),
    79: ("one task for each person", ("engine/test_oneoff.py::test_one_task_for_each_person",)),
    80: (
        "who is invited may be assigned",
        ("features/test_decisions.py::test_decision_80_who_is_invited_may_be_assigned_and_sees_it_later",),
    ),
    81: ("owners through a group", ("features/test_decisions.py::test_decision_81_owners_through_a_group",)),
    82: (
        "deadlines of the launch body; days of filters",
        (
            "engine/test_launch.py::test_launch_deadlines_move_into_working_time",
            "features/test_decisions.py::test_decision_82_days_of_filters_are_those_of_the_zone",
        ),
    ),
    83: ("is_completable", ("engine/test_status.py::test_completable",)),
    84: (
        "max_assignable null is unlimited",
        ("engine/test_step_definitions.py::test_decision_84_max_assignable_null_is_unlimited",),
    ),
}
