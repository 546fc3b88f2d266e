//! Words of profiles' company fields, from general knowledge: folded, in no order.

use std::collections::HashSet;
use std::sync::LazyLock;

/// A list of words, or, with commas, of phrases.
pub(crate) type List = LazyLock<HashSet<&'static str>>;

/// The entries of a list: between commas where there are any, else between spaces.
pub(crate) fn entries(text: &'static str) -> HashSet<&'static str> {
    let separator = if text.contains(',') { ',' } else { ' ' };
    text.split(separator).map(str::trim).filter(|entry| !entry.is_empty()).collect()
}

/// Ways to say that there is no organization.
pub(crate) static NOBODY: List = LazyLock::new(|| {
    entries(
        "anonymous aucun aucune autonoma autonomo brak confidential contract contracting contractor desempleado dummy \
earth employed estudante estudiante etudiant etudiante everywhere foo free freelance freelancer freelancers \
freelancing freiberufler freiberuflich frilans hobby hobbyist home homeless homeoffice independant independent \
independiente indie individual internet jobless keine keiner libre localhost looking me misc my myself na nenhum nenhuma \
nessuna nessuno net nil ninguna ninguno no nobody none noone not nothing nowhere null nyet open own pensioner \
personal planet privat private privatperson rentner retired samozanyatyy school schuler searching secret seeking \
selbstandig selbststandig self selfemployed somewhere student studentin students tba tbd test unaffiliated \
undefined undisclosed unemployed unknown various void volunteer without world xxx",
    )
});

/// The same as whole fields, in letters that are not folded.
pub(crate) static NOBODY_FAR: List = LazyLock::new(|| {
    entries(
        "无 無 没有 沒有 自由职业 自由职业者 个人 個人 学生 學生 個人事業主 フリーランス なし 프리랜서 학생 개인 없음 нет фрилансер фриланс студент самозанятый",
    )
});

/// What people call themselves or their work.
pub(crate) static TITLES: List = LazyLock::new(|| {
    entries(
        "admin administrator advocate analyst architect associate author blogger ceo cfo cio coder cofounder consultant \
contributor coo cso cto desarrollador designer dev developer developers developpeur devops devrel director \
editor employed employee engineer entrepreneur entwickler entwicklerin evangelist expert founder founding gamer \
geek hacker head ingeniero ingenieur intern inventor lead leader lecturer maintainer maker manager mentor nerd \
owner phd postdoc president principal professor programador programmer researcher scientist specialist sre \
student studying sysadmin teacher technician trainer tutor vp work worker working works writer",
    )
});

/// What says nothing between such words.
pub(crate) static FILLING: List = LazyLock::new(|| {
    entries(
        "a affiliated affiliation am an and any app applicable as at available backend based between business chief co \
company computer content creator currently d data dont el employer engineering for freelance from front frontend \
full fullstack fulltime have high hire i im in information infrastructure it job jobs jr junior learning looking \
machine mobile mode of office one only organisation organization person ph platform position product \
professional project remote science security senior sir software solo sr stack staff startup stealth system \
systems team tech technical the time to trabajo unit university user users vice web wide with yet",
    )
});

/// Forms that stand before the name.
pub(crate) static FORMS_BEFORE: List = LazyLock::new(|| entries("ao firma ip oao ooo pao pt tov uab zao"));

/// Legal forms, words joined by a space; from general knowledge of company law around the world.
pub(crate) static LEGAL_FORMS: List = LazyLock::new(|| {
    entries(
        "a s, ab, ab publ, ad, ag, ag co kg, ag co kgaa, aps, as, asa, bhd, bv, bvba, ca, cic, co, co inc, co kg, co \
limited, co llc, co ltd, co op, company, company inc, company limited, company ltd, coop, cooperative, corp, \
corporation, cv, d o o, da, dd, doo, e g, e v, eg, ehf, eirl, eood, ev, fz llc, fzc, fze, gbr, gesmbh, ggmbh, \
gmbh, gmbh co kg, gmbh co kgaa, gmbh co ohg, gmbh u co kg, gmbh und co kg, group ag, group inc, group ltd, group \
plc, hf, holding ag, holding bv, holdings inc, holdings limited, holdings llc, holdings ltd, holdings plc, inc, \
incorporated, international inc, international ltd, kft, kg, kgaa, kk, ks, lda, limitada, limited, limited \
company, limited liability company, llc, llp, lp, ltd, ltd co, ltd sti, ltda, mbh, n v, nv, nyrt, o o, oao, od, \
oe, og, ohg, oo, ood, ooo, ou, oy, oy ab, oyj, pao, plc, private limited, private ltd, pt, pte, pte limited, pte \
ltd, pty, pty limited, pty ltd, publ, pvt, pvt limited, pvt ltd, r l, s a, s a de c v, s a r l, s a s, s c, s l, \
s l u, s p a, s r l, s r o, sa, sa de cv, sa nv, sab de cv, sagl, sapi de cv, sarl, sas, sasu, sau, sc, sca, \
scrl, sdn bhd, se, se co kg, sia, sl, slu, snc, sp j, sp k, sp z o o, sp z oo, sp zoo, spa, spj, spol s r o, \
spol s ro, spol sro, sprl, spzoo, srl, sro, tbk, ug, ug haftungsbeschrankt, ultd, vof, vzw, z o o, z oo, zao, \
zrt",
    )
});

/// Words that many names end in and that people leave out.
pub(crate) static COMMON_ENDINGS: List = LazyLock::new(|| {
    entries(
        "ai cloud consulting digital enterprise enterprises foundation global group gruppe holding holdings hq industries \
international lab laboratories labs media network networks partners platform research services software solution \
solutions studio studios systems team tech technologies technology ventures",
    )
});

/// Words that are no name by themselves.
pub(crate) static GENERIC: List = LazyLock::new(|| {
    entries(
        "academy agency bank business college community corporate data engineering government hospital institute it \
ministry school startup stealth stealthstartup tech the universitat university web",
    )
});
