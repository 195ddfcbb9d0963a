"""The words that tell what a line of plain text is, by language: labels, rubrics and the names of header lines.

All are in small letters and are compared so. Where languages share a word it stands once.
"""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(word.strip() for word in words.replace("\n", "|").split("|") if word.strip())


# Labels of tables of contents.
CONTENTS = _set(
    """
    contents|table of contents|in this article|on this page|sommaire|table des matières|table des matieres
    au sommaire|dans cet article|inhalt|inhaltsverzeichnis|übersicht|in diesem artikel|sumario|índice|indice
    índice de contenidos|contenido|contenidos|tabla de contenido|tabla de contenidos|en este artículo|sumário
    conteúdo|neste artigo|sommario|indice dei contenuti|contenuti|in questo articolo|inhoud|inhoudsopgave
    содержание|оглавление|в этой статье|المحتويات|جدول المحتويات|الفهرس|目次|もくじ|目录|目錄|本文目录|목차
    spis treści|i̇çindekiler|içindekiler
    """
)

# What pages put around and between the paragraphs of an article.
FURNITURE = _set(
    """
    share|share this|share this article|share on facebook|share on twitter|share on x|tweet|print
    print this article|email|save|save article|listen|listen to this article|follow us|subscribe|subscribe now
    sign up|newsletter|log in|advertisement|advertising|sponsored|sponsored content|ad
    story continues below advertisement|read more|read also|see also|related|related articles|more on this topic
    most read|comments|leave a comment|copy link|skip to content|back to top|partager|partagez
    partager cet article|partager sur facebook|imprimer|enregistrer|écouter|s’abonner|s'abonner|abonnez-vous
    publicité|publicite|annonce|contenu sponsorisé|lire aussi|à lire aussi|a lire aussi|lire la suite|voir aussi
    sur le même sujet|les plus lus|commentaires|réagir|haut de page|inscrivez-vous à la newsletter|teilen
    artikel teilen|drucken|merken|vorlesen|artikel anhören|abonnieren|anzeige|werbung|lesen sie auch
    mehr zum thema|weiterlesen|siehe auch|kommentare|nach oben|compartir|compartir en facebook|imprimir|guardar
    escuchar|suscríbete|suscribirse|publicidad|anuncio|lea también|lee también|leer más|leer también
    te puede interesar|ver también|comentarios|más leídas|compartilhar|partilhar|compartilhe|salvar|ouvir|assine
    publicidade|anúncio|leia também|leia mais|veja também|comentários|mais lidas|condividi|stampa|salva|ascolta
    abbonati|pubblicità|annuncio|leggi anche|leggi tutto|vedi anche|commenti|i più letti|delen|advertentie
    lees ook|lees meer|поделиться|поделиться в соцсетях|распечатать|подписаться|реклама|читайте также|читать далее
    смотрите также|комментарии|по теме|شارك|مشاركة|طباعة|إعلان|اشترك|اقرأ أيضا|اقرأ أيضاً|اقرأ المزيد|التعليقات
    広告|共有|シェア|シェアする|ツイート|印刷|関連記事|続きを読む|コメント|あわせて読みたい|广告|廣告|分享|打印
    订阅|相关阅读|相关文章|阅读更多|评论|延伸阅读
    """
)

# Those of the above that may have the title of another article behind a colon.
POINTERS = _set(
    """
    read also|see also|read more|related|lire aussi|à lire aussi|a lire aussi|voir aussi|lesen sie auch
    mehr zum thema|siehe auch|lea también|lee también|leer también|ver también|te puede interesar|leia também
    leia mais|veja também|leggi anche|vedi anche|lees ook|читайте также|смотрите также|اقرأ أيضا|اقرأ أيضاً
    関連記事|あわせて読みたい|相关阅读|相关文章|延伸阅读
    """
)

# The parts of newspapers that stand above a headline.
RUBRICS = _set(
    """
    world|politics|business|economy|science|technology|tech|sport|sports|culture|health|opinion|editorial|analysis
    news|breaking|feature|interview|review|travel|europe|africa|asia|americas|middle east|climate|environment
    education|society|monde|politique|économie|sciences|technologies|santé|opinions|éditorial|analyse|enquête
    reportage|entretien|portrait|tribune|international|afrique|asie|amériques|proche-orient|climat|environnement
    éducation|société|idées|planète|france|welt|politik|wirtschaft|wissenschaft|technik|kultur|gesundheit|meinung
    kommentar|ausland|inland|gesellschaft|umwelt|bildung|klima|reise|mundo|política|economía|ciencia|tecnología
    deportes|cultura|salud|opinión|análisis|internacional|sociedad|entrevista|reportaje|economia|ciência
    tecnologia|esportes|desporto|saúde|opinião|sociedade|mondo|politica|esteri|scienza|salute|opinioni|società
    cronaca|мир|политика|экономика|наука|технологии|спорт|культура|общество|мнение|العالم|سياسة|اقتصاد|علوم
    تكنولوجيا|رياضة|ثقافة|صحة|رأي|国際|政治|経済|科学|社会|文化|スポーツ|国际|经济|体育|观点
    """
)

# What a header line such as "Titre : ..." gives, by the name before its colon.
HEADERS = {
    name: field
    for field, names in {
        "title": _set(
            """
            title|headline|subject|titre|objet|titel|überschrift|betreff|título|titulo|titolo|assunto|asunto
            oggetto|заголовок|название|тема|العنوان|タイトル|标题|標題
            """
        ),
        "subtitle": _set(
            """
            subtitle|summary|description|abstract|résumé|sous-titre|chapô|chapo|untertitel|zusammenfassung
            subtítulo|resumen|resumo|sottotitolo|sommario|подзаголовок|الملخص|概要|摘要
            """
        ),
        "author": _set(
            """
            author|authors|by|from|byline|auteur|auteurs|auteure|de|autor|autoren|autora|autores|autore
            autori|von|автор|авторы|الكاتب|المؤلف|著者|作者
            """
        ),
        "date": _set(
            """
            date|published|posted|publié|publié le|datum|veröffentlicht|fecha|publicado|data|pubblicato|дата
            التاريخ|日付|日期
            """
        ),
        "updated": _set(
            """
            updated|modified|last modified|mis à jour|mise à jour|aktualisiert|actualizado|atualizado
            aggiornato|обновлено|更新
            """
        ),
        "tags": _set(
            """
            tags|tag|keywords|categories|category|mots-clés|mots clés|étiquettes|rubrique|schlagwörter
            stichwörter|rubrik|etiquetas|palabras clave|palavras-chave|categoría|categoria|parole chiave
            теги|ключевые слова|タグ|标签
            """
        ),
        "language": _set(
            """
            language|lang|langue|sprache|idioma|lingua|язык|言語|语言
            """
        ),
        "source": _set(
            """
            source|publication|publisher|quelle|fuente|fonte|источник|المصدر|出典|来源
            """
        ),
        "link": _set(
            """
            url|link|permalink|canonical|lien|adresse|enlace|ссылка|リンク|链接
            """
        ),
    }.items()
    for name in names
}
