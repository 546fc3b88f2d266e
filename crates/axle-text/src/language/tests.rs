//! Texts in many languages, written for this test.
use super::*;

fn code(text: &str) -> Option<&'static str> {
    detect(text).map(|found| found.code)
}

#[test]
fn sentences_have_their_language() {
    for (expected, text) in [
        ("en", "Does anyone know how to restart the worker?"),
        ("de", "Weiß jemand, wie man den Dienst neu startet?"),
        ("fr", "Quelqu'un sait comment redémarrer le service ?"),
        ("es", "¿Alguien sabe cómo reiniciar el servicio?"),
        ("pt", "Alguém sabe como reiniciar o serviço?"),
        ("it", "Qualcuno sa come riavviare il servizio?"),
        ("nl", "Weet iemand hoe je de dienst opnieuw start?"),
        ("pl", "Czy ktoś wie, jak uruchomić usługę ponownie?"),
        ("cs", "Ví někdo, jak znovu spustit službu?"),
        ("sv", "Vet någon hur man startar om tjänsten?"),
        ("tr", "Hizmeti yeniden nasıl başlatacağını bilen var mı?"),
        ("id", "Apakah ada yang tahu cara memulai ulang layanan ini?"),
        ("vi", "Có ai biết cách khởi động lại dịch vụ không?"),
        ("ru", "Кто-нибудь знает, как перезапустить сервис?"),
        ("uk", "Хтось знає, як перезапустити цей сервіс?"),
        ("ar", "هل يعرف أحد كيف يمكن إعادة تشغيل الخدمة؟"),
        ("hi", "क्या कोई जानता है कि सेवा को फिर से कैसे शुरू करें?"),
        ("ja", "サービスを再起動する方法を知っている人はいますか"),
        ("zh", "有人知道怎么重新启动这个服务吗"),
        ("ko", "서비스를 다시 시작하는 방법을 아시는 분 계신가요"),
        ("el", "Ξέρει κανείς πώς να επανεκκινήσω την υπηρεσία;"),
        ("he", "מישהו יודע איך להפעיל מחדש את השירות?"),
        ("th", "มีใครรู้วิธีเริ่มบริการใหม่บ้าง"),
    ] {
        assert_eq!(code(text), Some(expected), "{text}");
    }
}

#[test]
fn what_says_nothing_is_unknown() {
    for text in [
        "",
        "   ",
        "42",
        "+1",
        "👍🎉",
        "12:30 - 13:45",
        "https://example.com/a/b",
        "foo_bar(x) = 3;",
        "@ada",
        "`x`",
        "1.2.3",
        "?!",
    ] {
        assert_eq!(detect(text), None, "{text}");
    }
}

#[test]
fn developers_english_stays_english() {
    for text in [
        "LGTM, thanks!",
        "nit: rename this",
        "Fixed in master",
        "can u rebase pls?",
        "why null here?",
        "This is done.",
        "kubectl logs please",
    ] {
        assert_eq!(code(text), Some("en"), "{text}");
    }
}

#[test]
fn product_names_do_not_hide_the_language() {
    assert_eq!(code("Docker の設定を教えてください"), Some("ja"));
    assert_eq!(code("Как настроить GitHub Actions и Docker Compose?"), Some("ru"));
}

#[test]
fn decomposed_letters_count_as_composed() {
    assert_eq!(detect("Kde\u{302}y nejde spustit sluz\u{30C}ba"), detect("Kdêy nejde spustit služba"));
}

#[test]
fn hostile_text_ends() {
    let _ = detect(&"a".repeat(1_000_000));
    let _ = detect(&"\u{202E}\u{301}".repeat(100_000));
}
