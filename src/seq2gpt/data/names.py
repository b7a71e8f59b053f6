"""First names from many languages, for models that write names, where the published set is not at hand."""

import os

TEXT = """
ada adam adele adrian agnes aisha alan alba albert alejandra alena alexander alfred alice alma amalia amara amina
amir andrea angela anita anna anton antonia ari arthur astrid august aurora barbara beatrice ben bernard bianca boris
bridget bruno camilla carl carla carlos carmen caroline casper cecilia celine charles charlotte chiara claire clara
claudia clement conrad cora cornelia dalia damian daniel daria david dean delia denis diana diego dominic dora dorothea
edgar edith edmund eduardo edwin elena eli elias elisa elizabeth ella elsa emil emilia emma enrico eric erika ernest
esther eugene eva fabian fatima felix fernando fiona flora florian frances francis frank freya frida gabriel george
gerald gilbert gloria grace gregory greta gustav hana hanna harold harriet harry hassan hector heidi helen helga
henrietta henry herman hilda holger hugo ian ida ignaz ilse imran ina ines ingrid irene iris isaac isabel ivan ivy jacob
jamal james jane jasmin jasper jean jelena jesper joan johanna john jonas jorge joseph josephine julia julian juliet
jutta karen karim karin karl katarina kate kenji klara klaus konstantin lara lars laura laurence leah leila lena leo
leon leonard leonora lewis lia lidia liliana linda lionel lisa livia lorenzo louis louisa lucas lucia ludwig luis luna
lydia magda magnus maja malik manuel marcel margaret maria marian marina mario marta martin mathilda matteo matthew
maurice max maya melina michael mila milan mira miriam mona monica morris nadia naomi natalia nathan nella nicholas nico
nina noah nora norbert norman octavia olaf olga oliver olivia omar oscar otto pablo patricia patrick paul paula pedro
penelope peter petra philip pia rafael rahel ralph ramona raymond rebecca regina rene richard rita robert roland roman
rosa rosalie rose ruben rudolf rufus ruth sabina salma samir samuel sandra sara sebastian selma serena sergio sibyl
sigrid silvia simon sofia solomon sonia stanley stefan stella susanna sven tamara tara teresa theodor theresa thomas
tilda tim tina tobias ursula valentin valeria vera verena vernon victor viktoria vincent viola violet walter wanda
wilhelm wilma winston xenia yara yasmin yusuf yvonne zara zoe zora
"""
NAMES = TEXT.split()
"""Names in lower case, in alphabetical order."""


def first_names() -> list[str]:
    """The 32,033 names of the published set if ``SEQ2GPT_DATA`` is set, :data:`NAMES` otherwise.

    >>> sorted(set(NAMES)) == NAMES
    True
    """
    if "SEQ2GPT_DATA" not in os.environ:
        return list(NAMES)
    from seq2gpt.data.sets import load_names

    return load_names()
