"""Everyday words in three languages, from which requests, functions, facts and documents are put together."""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple

from generator import words
from generator.domain_texts import PICKS
from generator.terms import Term, terms

THINGS: Final = terms("""
weather|날씨|天气; order|주문|订单; invoice|청구서|发票; ticket|티켓|票; user|사용자|用户; stock|재고|库存; product|제품|产品;
course|강좌|课程; teacher|선생님|老师; student|학생|学生; song|노래|歌曲; movie|영화|电影; book|책|书; report|보고서|报告;
event|행사|活动; meeting|회의|会议; room|방|房间; flight|항공편|航班; hotel|호텔|酒店; task|작업|任务; item|항목|项目;
alarm|알람|闹钟; light|조명|灯; door|문|门; camera|카메라|相机; car|자동차|汽车; bus|버스|公交车; train|기차|火车; bike|자전거|自行车;
package|소포|包裹; letter|편지|信件; payment|결제|付款; account|계좌|账户; contract|계약|合同; customer|고객|客户; employee|직원|员工;
supplier|공급업체|供应商; project|프로젝트|项目组; team|팀|团队; server|서버|服务器; device|기기|设备; printer|프린터|打印机; phone|전화|电话;
recipe|요리법|食谱; restaurant|식당|餐厅; coffee|커피|咖啡; pizza|피자|披萨; cake|케이크|蛋糕; garden|정원|花园; plant|식물|植物;
dog|강아지|狗; cat|고양이|猫; school|학교|学校; library|도서관|图书馆; museum|박물관|博物馆; hospital|병원|医院; doctor|의사|医生;
patient|환자|病人; medicine|약|药; insurance|보험|保险; loan|대출|贷款; tax|세금|税; salary|급여|工资; budget|예산|预算;
discount|할인|折扣; coupon|쿠폰|优惠券; warranty|보증|保修; refund|환불|退款; delivery|배송|配送; warehouse|창고|仓库; factory|공장|工厂;
machine|기계|机器; sensor|센서|传感器; battery|배터리|电池; engine|엔진|发动机; bridge|다리|桥; station|역|车站; airport|공항|机场;
ship|배|船; map|지도|地图; photo|사진|照片; video|동영상|视频; playlist|재생목록|播放列表; message|메시지|消息; note|메모|笔记;
calendar|달력|日历; reminder|알림|提醒; appointment|예약|预约; lesson|수업|课; exam|시험|考试; quiz|퀴즈|测验; grade|성적|成绩;
score|점수|分数; game|게임|游戏; match|경기|比赛; player|선수|选手; article|기사|文章; survey|설문조사|调查; vote|투표|投票;
document|문서|文件; folder|폴더|文件夹; backup|백업|备份; password|비밀번호|密码; license|라이선스|许可证; subscription|구독|订阅;
membership|회원권|会员; parking|주차|停车位; office|사무실|办公室; desk|책상|桌子; chair|의자|椅子; laptop|노트북|笔记本电脑;
shirt|셔츠|衬衫; shoe|신발|鞋子; watch|시계|手表; bag|가방|包; ring|반지|戒指; gift|선물|礼物; festival|축제|节日; concert|공연|音乐会;
water|물|水; bread|빵|面包; rice|쌀|大米; tea|차|茶; river|강|河流; mountain|산|山; island|섬|岛屿; village|마을|村庄;
tower|탑|塔; park|공원|公园; robot|로봇|机器人; drone|드론|无人机; solar panel|태양광 패널|太阳能板; pump|펌프|水泵; filter|필터|过滤器;
valve|밸브|阀门; cable|케이블|电缆; lamp|램프|台灯; window|창문|窗户; roof|지붕|屋顶; kitchen|부엌|厨房; vaccine|백신|疫苗
""")

VERBS: Final = terms("""
get|조회해 줘|查询; find|찾아 줘|查找; show|보여 줘|显示; check|확인해 줘|检查; look up|검색해 줘|搜索; fetch|가져와 줘|获取; list|나열해 줘|列出;
create|만들어 줘|创建; add|추가해 줘|添加; register|등록해 줘|登记; book|예약해 줘|预订; schedule|일정에 넣어 줘|安排; update|수정해 줘|更新;
change|바꿔 줘|更改; delete|삭제해 줘|删除; remove|제거해 줘|移除; cancel|취소해 줘|取消; send|보내 줘|发送; start|시작해 줘|启动;
stop|멈춰 줘|停止; open|열어 줘|打开; close|닫아 줘|关闭; calculate|계산해 줘|计算; track|추적해 줘|跟踪; submit|제출해 줘|提交;
export|내보내 줘|导出; reset|초기화해 줘|重置; pay|지불해 줘|支付; order|주문해 줘|订购; reserve|잡아 줘|预留; approve|승인해 줘|批准;
assign|배정해 줘|分配; save|저장해 줘|保存; share|공유해 줘|分享; rate|평가해 줘|评价; print|출력해 줘|打印; count|세어 줘|统计
""")

# label | Korean | Chinese, then the kind of value that goes with it.
_QUALITIES: Final = """
name|이름|名字|person; city|도시|城市|city; country|나라|国家|place; address|주소|地址|street; email|이메일|邮箱|email; phone|전화번호|电话号码|phone;
date|날짜|日期|date; time|시간|时间|time; price|가격|价格|number; cost|비용|费用|number; amount|금액|金额|number; quantity|수량|数量|integer;
count|개수|个数|integer; number|번호|编号|integer; age|나이|年龄|integer; weight|무게|重量|number; height|키|身高|number; length|길이|长度|number;
width|너비|宽度|number; temperature|온도|温度|integer; speed|속도|速度|integer; distance|거리|距离|number; duration|기간|时长|integer;
score|점수|分数|integer; rating|평점|评分|number; level|레벨|等级|integer; page|페이지|页码|integer; year|연도|年份|integer; color|색|颜色|color;
size|크기|尺寸|word; status|상태|状态|status; type|종류|类型|word; category|분류|类别|thing; title|제목|标题|title; description|설명|说明|phrase;
comment|댓글|评论|phrase; reason|이유|原因|phrase; topic|주제|主题|thing; subject|과목|科目|thing; language|언어|语言|language; currency|통화|货币|currency;
author|저자|作者|person; owner|소유자|所有者|person; manager|관리자|经理|person; teacher|선생님|老师|person; doctor|의사|医生|person; customer|고객|客户|person;
recipient|받는 사람|收件人|person; sender|보낸 사람|发件人|person; company|회사|公司|company; department|부서|部门|thing; code|코드|代码|code;
order id|주문 번호|订单号|code; ticket id|티켓 번호|票号|code; serial number|일련번호|序列号|code; account number|계좌 번호|账号|code; room|방|房间|word;
building|건물|楼|company; street|거리|街道|street; zip code|우편번호|邮编|digits; password|비밀번호|密码|code; username|사용자 이름|用户名|word;
deadline|마감일|截止日期|date; birthday|생일|生日|date; start date|시작일|开始日期|date; end date|종료일|结束日期|date; departure|출발지|出发地|city;
destination|목적지|目的地|city; origin|원산지|产地|city; brand|브랜드|品牌|company; model|모델|型号|code; material|재질|材料|word; capacity|용량|容量|integer;
voltage|전압|电压|integer; power|전력|功率|integer; humidity|습도|湿度|integer; wind|바람|风速|integer; limit|한도|上限|integer; budget|예산|预算|integer;
salary|급여|工资|integer; discount|할인율|折扣|integer; tax|세금|税额|number; total|합계|总计|number; balance|잔액|余额|number; fee|수수료|手续费|number;
population|인구|人口|integer; area|면적|面积|number; seats|좌석 수|座位数|integer; guests|손님 수|客人数|integer; nights|숙박 일수|晚数|integer;
playlist|재생목록|播放列表|title; artist|가수|歌手|person; song|노래|歌曲|title; message|메시지|消息|phrase; note|메모|备注|phrase; label|라벨|标签|word;
priority|우선순위|优先级|status; host|호스트|主机|word; port|포트|端口|integer; version|버전|版本|version; path|경로|路径|path; url|주소 링크|网址|url
"""


class Quality(NamedTuple):
    """Something that has a value: its words and the kind of the value."""

    label: Term
    kind: str


QUALITIES: Final = [
    Quality(Term(*entry.split("|")[:3]), entry.split("|")[3]) for entry in " ".join(_QUALITIES.split()).split("; ")
]

COLORS: Final = terms("""
red|빨간색|红色; blue|파란색|蓝色; green|초록색|绿色; yellow|노란색|黄色; black|검은색|黑色; white|흰색|白色; purple|보라색|紫色;
orange|주황색|橙色; pink|분홍색|粉色; brown|갈색|棕色; grey|회색|灰色; silver|은색|银色; teal|청록색|青色; gold|금색|金色
""")
WEEKDAYS: Final = terms("""
Monday|월요일|星期一; Tuesday|화요일|星期二; Wednesday|수요일|星期三; Thursday|목요일|星期四; Friday|금요일|星期五; Saturday|토요일|星期六; Sunday|일요일|星期日
""")
SPOKEN_LANGUAGES: Final = terms("""
English|영어|英语; Korean|한국어|韩语; Chinese|중국어|中文; Japanese|일본어|日语; French|프랑스어|法语; German|독일어|德语;
Spanish|스페인어|西班牙语; Italian|이탈리아어|意大利语; Dutch|네덜란드어|荷兰语; Russian|러시아어|俄语
""")
STATUSES: Final = terms("""
open|열림|打开; closed|닫힘|关闭; pending|대기 중|待处理; shipped|발송됨|已发货; delivered|배송 완료|已送达; cancelled|취소됨|已取消; active|활성|启用;
sunny|맑음|晴; cloudy|흐림|多云; rainy|비|下雨; windy|바람 많음|有风; snowy|눈|下雪; low|낮음|低; medium|중간|中; high|높음|高; urgent|긴급|紧急;
confirmed|확정|已确认; delayed|지연|延误; available|이용 가능|可用; sold out|매진|售罄; paid|결제 완료|已付款; late|늦음|迟到; ready|준비됨|就绪
""")
QUALIFIERS: Final = terms("""
new|새로운|新的; old|오래된|旧的; small|작은|小; large|큰|大; fast|빠른|快速; slow|느린|慢; quiet|조용한|安静的; bright|밝은|明亮的;
local|지역|本地; annual|연간|年度; weekly|주간|每周; public|공공|公共; private|개인|私人; digital|디지털|数字; green|친환경|环保;
blue|파란|蓝色的; central|중앙|中央; northern|북부|北部; main|주요|主要; modern|현대식|现代
""")
_STREETS: Final = [
    "Main",
    "Oak",
    "Pine",
    "Maple",
    "Cedar",
    "Elm",
    "Park",
    "Lake",
    "Hill",
    "River",
    "Church",
    "Mill",
    "School",
    "Station",
    "Bridge",
    "King",
    "Queen",
]


def a_thing(rng: Random, language: str) -> str:
    """Name a thing in `language`, now and then a thing that does not exist."""
    if rng.random() < 0.2:
        return words.coined(rng, language)
    return rng.choice(THINGS if rng.random() < 0.6 else PICKS).in_language(language)


def phrase(rng: Random, language: str) -> str:
    """Make a short run of words such as a message or a product name."""
    count = rng.choice((2, 3, 3, 4, 5) if language == "en" else (2, 2, 3))
    picks = [
        a_thing(rng, language) if rng.random() < 0.7 else rng.choice(QUALIFIERS).in_language(language)
        for _ in range(count)
    ]
    return ("" if language == "zh" else " ").join(picks)


def title(rng: Random, language: str) -> str:
    """Make the name of a song, a book or a file."""
    text = phrase(rng, language) if rng.random() < 0.6 else words.coined(rng, language)
    return text.title() if language == "en" and rng.random() < 0.7 else text


def _street(rng: Random, language: str) -> str:
    number = rng.randint(1, 300)
    if language == "ko" and rng.random() < 0.8:
        return f"{words.coined(rng, 'ko')}{rng.choice(('로', '길', '대로', '동'))} {number}"
    if language == "zh" and rng.random() < 0.8:
        return f"{words.coined(rng, 'zh')}{rng.choice(('路', '街', '大道', '巷'))}{number}号"
    name = rng.choice(_STREETS) if rng.random() < 0.5 else words.nonsense(rng).title()
    return f"{number} {name} {rng.choice(('Street', 'Road', 'Avenue', 'Lane', 'Square', 'Way'))}"


def text_value(rng: Random, kind: str, language: str) -> str:
    """Make a text value of one of the kinds in `QUALITIES`."""
    makers = {
        "person": lambda: words.person(rng, language),
        "city": lambda: words.city(rng, language),
        "place": lambda: words.city(rng, language),
        "email": lambda: words.email(rng),
        "phone": lambda: words.phone(rng),
        "date": lambda: words.iso_date(rng),
        "time": lambda: words.clock_time(rng),
        "code": lambda: words.code(rng),
        "color": lambda: rng.choice(COLORS).in_language(language),
        "status": lambda: rng.choice(STATUSES).in_language(language),
        "thing": lambda: a_thing(rng, language),
        "title": lambda: title(rng, language),
        "phrase": lambda: phrase(rng, language),
        "language": lambda: rng.choice(SPOKEN_LANGUAGES).in_language(language),
        "currency": lambda: rng.choice(["USD", "EUR", "GBP", "JPY", "KRW", "CNY", "CHF", "CAD", "AUD", "INR"]),
        "company": lambda: words.coined(rng, language).title(),
        "word": lambda: words.coined(rng, language),
        "digits": lambda: str(rng.randint(10000, 99999)),
        "version": lambda: f"{rng.randint(0, 9)}.{rng.randint(0, 20)}.{rng.randint(0, 9)}",
        "path": lambda: (
            f"/{words.nonsense(rng, 1)}/{words.nonsense(rng, 1)}.{rng.choice(['txt', 'csv', 'pdf', 'png', 'log'])}"
        ),
        "url": lambda: f"https://{words.nonsense(rng, 2)}.{rng.choice(('com', 'org', 'net'))}/{words.nonsense(rng, 1)}",
        "street": lambda: _street(rng, language),
    }
    return makers[kind]()


def value(rng: Random, kind: str, language: str) -> str | int | float:
    """Make a value of any kind, numbers included."""
    if kind == "integer":
        return words.whole(rng)
    if kind == "number":
        return words.amount(rng) if rng.random() < 0.7 else words.whole(rng)
    return text_value(rng, kind, language)


def joined(items: list[str], language: str) -> str:
    """Join a list as a sentence of `language` does."""
    if len(items) == 1:
        return items[0]
    last = {"en": " and ", "ko": " 그리고 ", "zh": "和"}[language]
    comma = "、" if language == "zh" else ", "
    return comma.join(items[:-1]) + last + items[-1]
