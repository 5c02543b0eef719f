"""The words of the report in Simplified Chinese."""

from __future__ import annotations

from clinigait.report.wording import Wording

_FLEXION = ("屈曲", "伸展")

CHINESE = Wording(
    language="zh",
    language_tag="zh-Hans",
    research_use_only=(
        "研究用软件，不是医疗器械。不得用于诊断、治疗或患者管理。"
        "数值是带有所述不确定度的估计值，必须由有资质的人员审核。"
    ),
    synthetic="合成行走者，并非患者",
    months=tuple(str(month) for month in range(1, 13)),
    date_format="{year}年{month}月{day}日",
    range_to=" 至 ",
    comma="，",
    semicolon="；",
    years="{value} 岁",
    sides={"left": "左侧", "right": "右侧", "both": "双侧"},
    side_letters={"left": "左", "right": "右"},
    grades={"pass": "通过", "warning": "警告", "refusal": "拒绝"},
    groups={
        "pace": "步速与步幅",
        "rhythm": "节律",
        "phase": "步态周期时相",
        "feet": "足部离地间隙",
        "symmetry": "对称性",
        "variability": "变异性",
        "regularity": "动作的规律性与节律",
        "posture": "躯干与骨盆姿势",
        "arms": "上肢",
        "loads": "由动作推断的负荷代理值：不是测得的力",
        "kinematics": "关节与肢段角度",
        "task": "路程、转身与计时测试",
        "other": "其他",
    },
    views={
        "sagittal": "侧面（矢状面）",
        "oblique": "斜向",
        "frontal": "正面或背面（冠状面）",
        "spatial": "三维",
    },
    sexes={"female": "女", "male": "男"},
    curves={
        "hip_flexion_deg": "髋关节",
        "knee_flexion_deg": "膝关节",
        "ankle_dorsiflexion_deg": "踝关节",
        "trunk_lean_deg": "躯干倾斜",
        "pelvis_tilt_deg": "骨盆",
        "thigh_deg": "大腿",
        "shank_deg": "小腿",
        "foot_deg": "足",
        "arm_swing_deg": "摆臂",
        "elbow_flexion_deg": "肘关节",
    },
    directions={
        "hip": _FLEXION,
        "knee": _FLEXION,
        "elbow": _FLEXION,
        "ankle": ("背屈", "跖屈"),
        "trunk": ("前倾", "后倾"),
        "arm": ("向前", "向后"),
    },
    # Page heads and titles
    title="步态报告",
    refusal_title="未作测量",
    key_numbers="关键数值",
    quality_summary="质量",
    quality_line="{title}：{passed}，{warned}。{strides}。",
    name_of_check="{name}：",
    more_warnings="另有 {count} 条见“测量质量”。",
    findings_title="所见",
    all_findings_title="全部所见",
    more_findings="另有 {count} 条所见，见下一页。",
    finding_kinds={
        "level": "与参考范围相比",
        "asymmetry": "左右比较",
        "change": "与上次相比",
        "prediction": "模型（辅助）",
        "quality": "请注意",
    },
    findings_note=(
        "由固定规则根据本报告的数值得出；方括号内为每条所依据的表格行号。仅作描述，不作任何诊断。"
    ),
    narrated=(
        "由本机上的 {name} 措辞：{model} 条为其自己的表述，{grammar} 条从正确的句子中选出，"
        "{template} 条为模板句。每句都已与数值核对。"
    ),
    not_narrated="语言模型未作表述。",
    row_mark="第 {row} 行",
    model_mark="模型",
    quality_mark="质量",
    time_distance="时间–距离参数",
    curves_title="步态周期中的关节角度",
    angle_values="关节与肢段角度",
    timeline_title="步态事件",
    stride_plot_title="逐个跨步",
    quality_title="测量质量",
    strides_title="采用与剔除的跨步",
    people_title="影像中的人物",
    definitions_title="定义",
    provenance_title="本报告的生成方式",
    frames_title="影像帧",
    frames_note="关键点的识别位置。请核对各点是否落在身体上、左右是否颠倒。面部已作模糊处理。",
    picture_of_person="此人的小图，面部已模糊",
    # Subject and recording
    subject="受试者",
    recording="录像",
    code="编号",
    no_code="无编号",
    age="年龄",
    sex="性别",
    height="身高",
    mass="体重",
    condition="条件",
    not_stated="未填写",
    protocol="方案",
    date="分析日期",
    file="文件",
    film="影像",
    film_facts="{duration} 秒，{frames} 帧，{rate} 帧/秒，{width} × {height}",
    keypoint_facts="关键点（{layout}），{duration} 秒，{frames} 帧，{rate} 帧/秒",
    film_scaled="（按 {width} × {height} 分析）",
    variable_rate="帧率不固定",
    depth_facts="彩色与深度（RGB-D），{camera}；{percent} % 的腿部点测得距离，{distance} m",
    camera_calibrated="相机已标定（焦距 {focal} 像素）",
    camera_assumed="相机未标定：假定焦距 {focal} 像素",
    view="视角",
    view_facts="{view}，偏离正侧面 {angle}°",
    near_side="{side}靠近相机",
    walked="行走方向",
    ways={
        "left": "向画面左方",
        "right": "向画面右方",
        "towards": "朝向相机",
        "away": "远离相机",
        "along": "沿步道",
    },
    passes="{count} × {towards}",
    scale="尺度",
    scale_facts="依据{source}，标准不确定度 {percent} %",
    no_scale="长度以身高为单位（BH）：尺度未知。",
    no_lengths="无长度：无法得到任何尺度，也无法以身高为单位。",
    no_picture="图像不可用",
    at_time="{time} 秒",
    # Numbers
    interval="95 % 区间",
    interval_short="95 %",
    reference="参考范围",
    parameter="参数",
    unit="单位",
    n="例数",
    absent="–",
    absent_tile="不可得",
    table_note=(
        "数值来自采用的跨步，定义见后，附 95 % 区间；例数：数值所依据的跨步或步的数量。"
        "–：无法得到，原因见注。"
    ),
    reference_note="{name}：{kind}，{population}。{source}",
    no_reference="其余参数无适用的参考范围：仅当参考人群与此人及此次步行相符时才列出范围。",
    no_reference_at_all=(
        "无适用的参考范围：仅当参考人群与此人及此次步行相符时才列出范围{unknown}。"
    ),
    no_reference_unknown="；{missing}未填写",
    nothing_measured="未测得此类参数。",
    # An earlier visit or another condition
    earlier_pointer="与上次检查或其他条件的比较，见“与上次相比的变化”。",
    changes_title="与上次相比的变化",
    earlier="上次",
    this_visit="本次",
    earlier_side="上次，{side}",
    change="变化",
    detectable="可检出变化",
    changed={True: "增大", False: "减小"},
    unchanged="在误差之内",
    changes_count="{total} 项参数中有 {real} 项的变化超出测量误差",
    changes_axis="变化为最小可检出变化的倍数",
    changes_alt="{count} 项参数的变化，以最小可检出变化的倍数表示；数值见下表。",
    changes_chart_note=(
        "灰色：小于最小可检出变化（±），可由测量误差解释。实心标记：超出该范围。"
        "圆：左侧。方：右侧。菱形：双侧。"
    ),
    changes_note=(
        "变化：本次减上次。可检出变化：95 % 水平的最小可检出变化，由两次录像的测量误差与"
        "跨步离散得出，不含个人逐日的变化。二十项未变的参数中，预计有一项因偶然而显示差异。"
        "超出误差并不等于有临床意义。"
    ),
    not_compared="{count} 项参数无法比较：{reasons}。",
    # Limits
    limits_title="本次测量的局限",
    limit_views={
        "sagittal": "侧面的一台相机只见一个平面：步宽、左右晃动、旋转及该平面以外的角度未作测量。",
        "oblique": "斜向拍摄：长度与角度不如正侧面或正面拍摄可靠，旋转未作测量。",
        "frontal": (
            "正面或背面的一台相机只见一个平面：沿行进方向的长度以及髋、膝、踝的屈伸未作测量。"
        ),
        "spatial": "三维关键点不等于皮肤标记点：绕肢体长轴的旋转未作测量。",
    },
    limit_markerless=(
        "关节角度来自神经网络识别的点，而非标记点：与动作捕捉相比，整条曲线可能偏移数度，"
        "且多为全周期的偏移（Stenum 2021，doi 10.1371/journal.pcbi.1008935）。"
    ),
    limit_days="区间包含测量误差和这些跨步的离散，不含个人每次步行之间、每日之间的变化。",
    limit_scale="所有长度和速度共有尺度误差 {percent} %（标准不确定度）。",
    limit_strides="采用了 {count} 个跨步：可判断平均值，难以判断变异性；后者需要 {wanted} 个。",
    limit_rate=(
        "帧率为 {rate} 帧/秒，每帧 {frame} 毫秒：单个事件时刻的不确定度与此相当，跨步均值较小。"
    ),
    limit_reference="参考范围适用于所述人群和测量方法；超出范围只提示应予查看，并不等于疾病。",
    limit_causes="相机看到的是如何行走，而非原因：疼痛、恐惧、鞋、助行器和场地都会改变步态。",
    limit_model="模型的局限见模型页。",
    # Quality
    passed="{total} 项检查中通过 {count} 项",
    warned="{count} 条警告",
    warned_once="1 条警告",
    no_warning="无警告",
    for_information="仅供参考",
    silhouettes="轮廓",
    silhouettes_usable="学习模型可用的帧所占比例",
    silhouette_facts="{cut} % 的帧中身体被截断；修补了 {mended} 帧。",
    aid_seen="{percent} % 的帧中见到疑似助行器{side}。",
    aid_sides={"left": "，在左手", "right": "，在右手", "both": ""},
    no_aid_seen="未见明显助行器；细手杖常被漏检。",
    aid_unknown="无法判断是否使用助行器。",
    strides_used="采用左侧 {left} 个、右侧 {right} 个跨步，剔除 {rejected} 个",
    check="检查项",
    found="实测",
    asked="要求",
    result="结果",
    used="采用",
    rejected="剔除",
    side="侧别",
    stride="跨步",
    strides="跨步",
    from_to="起 – 止",
    reason="原因",
    none_rejected="未剔除任何跨步。",
    person="人物",
    seen="出现时间",
    height_in_picture="画面中高度",
    travel="行进距离",
    steadiness="稳定度",
    score="得分",
    chosen="已选",
    chosen_by_rule="按以下规则选定此人：{rule}。",
    chosen_by_user="此人由使用者选定；规则为：{rule}。",
    nobody_chosen="按以下规则未选出任何人：{rule}。",
    swapped="有 {count} 帧的左右腿经过对调更正。",
    more_people="另有 {count} 人见 assessment.json。",
    more_rejected="另有 {count} 个被剔除的跨步见 strides.csv。",
    passes_title="逐趟比较",
    nth_walk="趟次",
    speed_axis="速度（{unit}/s）",
    # Figures
    curves_alt="步态周期中的左右关节角度；峰值与范围见关节与肢段角度表。",
    glance_note="每侧的均值；每个跨步见关节角度页。",
    band_reference="参考范围",
    band_shape="仅供形状比较",
    band_note=(
        "灰色：以相同归一化速度行走的{population}的均值 ± 1 SD（{source}）。"
        "皮肤标记点对关节的定义不同：整条曲线可能偏移数度，髋关节更多，因其角度以骨盆为基准。"
    ),
    band_shape_note=(
        "灰色：以相同归一化速度行走的{population}的均值 ± 1 SD（{source}），已平移至实测曲线的"
        "水平。此人年龄不同或未知，故不是其参考范围：只可比较形状。"
    ),
    no_band="无灰色参考带：参考曲线按速度匹配，而此处以米每秒计的速度未知，或这些关节无参考曲线。",
    timeline_alt="双足支撑与摆动随时间的变化：{strides}。",
    stride_plot_alt="每个跨步的跨步时间与步长随时间的变化；均值与变异性见表。",
    cycle_axis="步态周期（%）",
    time_axis="影像时间（秒）",
    curves_note=(
        "细线：每个采用的跨步。粗线：均值（左侧 {left} 个、右侧 {right} 个跨步）。"
        "各图底部短线：每侧足离地的平均时刻。一台相机只见一个平面：该平面以外的旋转与角度无法看到，故不列出。"
    ),
    no_curves="本次步行无法得到关节曲线。",
    timeline_note=(
        "色条：支撑相，从首次触地到足离地；颜色越深，各方法越一致。"
        "实心三角：首次触地。空心三角：足离地。斜线：被剔除的跨步。"
    ),
    no_events="未发现步态事件。",
    stride_plot_note=(
        "蓝色圆点与实线：左侧。红色方块与虚线：右侧。水平线：采用跨步的均值。叉号：被剔除的跨步。"
    ),
    initial_contact="首次触地",
    foot_off="足离地",
    space="",
    signed="签署",
    signed_by="{by}，{date}",
    amends="修订先前的报告：{reason}",
    events_confirmed="步态事件已由 {by} 复核；未作更正。",
    events_corrected="步态事件已由 {by} 复核；更正 {count} 处。",
    models_before="并非每个模型都在这些更正之后重新作答：各模型的页面均有说明。",
    models_after="此处模型的结果针对更正后的步行。",
    review_title="步态事件的复核",
    review_head=("复核人", "日期", "内容", "更正前", "更正后"),
    found_right="事件经复核无误",
    correction_of="{what}：{side}，{event}",
    corrections={
        "move_event": "移动",
        "add_event": "添加",
        "delete_event": "删除",
        "swap_legs": "左右腿互换",
    },
    review_note="所有数值均已按这些事件重新测量。人工设定的事件精确到半帧。",
    scores_title="临床医师评定的量表",
    scores_head=("量表", "评分", "范围"),
    scores_note="为本次就诊录入；并非 clinigait 测量所得。",
    score_units={"points": "分", "falls": "次"},
    score_range="{low} 至 {high}",
    stride_time_axis="跨步时间（秒）",
    step_length_axis="步长（{unit}）",
    # Time and frequency
    time_frequency_title="时间与频率",
    time_frequency_points={
        "both_hip": "髋部中点，上下运动",
        "left_ankle": "左踝，上下运动",
        "right_ankle": "右踝，上下运动",
    },
    frequency_axis="频率（Hz）",
    stride_mark="跨步",
    step_mark="步",
    time_frequency_alt="最长一段步行中髋部与踝部在各频率上随时间摆动的强度；读出的数值见下。",
    time_frequency_note=(
        "所记录关键点速度的小波变换；颜色越深越强，最深处为各图右上角的数值。两侧变淡处：步行段的两端影响图像。"
        "虚线：由触地得出的跨步与步的频率。竖条：冻结步态时腿部颤动的频段；关键点噪声、足跟触地与步的倍频亦见于此。"
        "图像本身不构成诊断。"
    ),
    time_frequency_readings={
        "dominant_frequency_hz": "髋部最强的频率",
        "harmonic_ratio_vertical": "上下方向谐波比：偶次与奇次谐波之比",
        "trembling_ratio": "踝部类冻结颤动，3 至 8 Hz 与 0.5 至 3 Hz 之比",
        "tremor_band_ratio": "腕部类震颤运动，4 至 6 Hz 与其邻近频段之比",
    },
    not_had="无法得到",
    class_bars_alt="各类别的概率：{classes}。",
    # What models say
    model_title="模型结果（辅助）",
    model_pointer="模型对这些测量的补充说明单独成页：模型结果（辅助）。",
    model_note=(
        "只是测量之外的补充，绝不代替测量。模型将此次步行与其学习过的步行作比较，对此人别无所知。"
        "必须由有资质的人员审核。"
    ),
    model_outdated="该模型是在最近的更正（{count} 处）之前作答的：其结果属于更正之前的步行。",
    model_kept="这些更正不改变该模型所依据的内容：其结果予以保留，其旁的数值已重新计算。",
    model_asked="该模型在更正之后作答：其结果针对更正后的步行。",
    model_research="研究用 – 不得用于临床",
    model_synthetic="模型仅由合成行走者训练：对真人的价值未知",
    model_silent="模型不作判断",
    model_research_why=(
        "因方案要求用于研究而显示：在临床中该模型不给出数值，因其仅由合成行走者训练。"
    ),
    model_set="不能排除（此类集合以 {coverage} % 包含正确类别为设计目标）：{labels}。",
    model_bars_note=(
        "横条：校准后的概率；深色表示不能排除的类别。线段：由此次步行各部分得出的 95 % 区间，"
        "说明步行自身的一致程度，而非模型的优劣。菱形：基线。"
    ),
    model_probability="概率（%）",
    no_interval="无区间",
    baseline="基线",
    baseline_title="并列的基线：{title}",
    baseline_knows="所知信息",
    baseline_silent="基线不作判断。{reason}",
    baseline_names={
        "age_y": "年龄 {value} 岁",
        "height_m": "身高 {value} m",
        "mass_kg": "体重 {value} kg",
    },
    baseline_sides={"lesser": "较小侧{title}", "greater": "较大侧{title}"},
    baseline_sex={True: "女", False: "男"},
    signs_title="此次步行的实测征象，先于任何模型",
    signs_note=(
        "均为此次步行的实测值；定义与区间见参数表。不对称性为 0 表示两侧相同。"
        "每种征象都有多种原因。"
    ),
    sign="征象",
    asymmetry="不对称性",
    sign_reference="参考范围",
    sign_grade="与之相比",
    sign_missing="未测得",
    sign_no_reference="无参考范围",
    more={True: "右侧较大", False: "左侧较大"},
    against={"below": "低于", "within": "之内", "above": "高于"},
    typicality="网络认为此次步行与其测试步行的差异程度：{score}；超过 {limit} 则不作判断。",
    to_enter_title="由临床人员填写",
    to_enter_field="项目",
    to_enter_value="填写内容",
    to_enter_note="仅供临床人员填写：均不由录像计算得出。",
    measures_title="此次步行的姿势及其侧别",
    measure="指标",
    value="数值",
    direction="方向",
    level="无偏向",
    worth_title="当患病率为 {prevalence} % 时此类结果的意义",
    worth_head=("类别", "敏感度", "特异度", "阳性结果正确率", "阴性结果正确率"),
    worth_note=(
        "在 100 名结果为“{title}”的人中，约 {right} 人确有此情况，{wrong} 人没有；"
        "方案所述患病率为每 100 人 {prevalence} 人。敏感度与特异度：{people}。"
    ),
    worth_people="在模型未见过的人中测得",
    worth_synthetic="在合成行走者中测得，并非真人",
    model_facts="模型",
    model_card="模型卡",
    learned_from="训练来源",
    held_out="表现",
    limits="局限",
    # Definitions and provenance
    definition="定义",
    source="来源",
    sources="来源",
    protocol_facts="{title}，版本 {version}",
    protocol_name="{name} {version}",
    no_definition="未提供定义。",
    view_needed="所需视角",
    detector="人物检测",
    pose="姿态模型",
    silhouettes_by="轮廓来自",
    flip_test="翻转测试",
    pose_synthetic="关键点由以合成行走者训练的网络给出",
    weights="权重 {name}",
    input_hash="影像，SHA-256",
    protocol_hash="方案，SHA-256",
    packages="软件包",
    made_at="生成时间",
    version="版本",
    # Refusal
    refused_what="存在的问题",
    refused_remedy="处理办法",
    refused_note="影像可以读取，但无法据此作出可信的测量。不列出任何步态参数。",
    refused_code="代码：{code}",
    # Footer
    footer=(
        "{code}  ·  {date}  ·  clinigait {version}  ·  输入 {input}  ·  方案 {protocol}"
        "  ·  权重 {weights}"
    ),
    page="第 {page} 页，共 ",
    page_total="{total} 页",
    saliency_title="模型关注之处",
    saliency_note=(
        "对于答案“{label}”，各身体部位与步态周期各阶段所占的关注份额（占全部的百分比；{method}）。"
        "条形：所有阶段合计；菱形：该部位在可见内容中所占的份额，没有偏好的关注即在此处。"
        "已检查：{checks}。"
    ),
    saliency_failed="模型关注之处未予显示，因为其关注图未通过检查。",
    saliency_refused="无法显示模型关注之处。",
    saliency_share="份额（%）",
    saliency_picture="模型在这些时刻所见的画面，其判断所依据之处叠加显示。",
    saliency_alt="各部位所占的关注份额：{regions}",
    saliency_methods={
        "integrated_gradients": "积分梯度",
        "grad_cam": "梯度加权类激活映射",
        "occlusion": "逐部位遮去",
    },
    saliency_checks={
        "completeness": "各项贡献之和相符",
        "taught": "该网络不同于未经训练的网络",
        "randomisation": "换成另一网络即得到另一张图",
        "deletion": "去掉这些部位后，答案的下降大于偶然",
        "insertion": "仅有这些部位时，答案的恢复快于偶然",
    },
    regions={
        "head": "头部",
        "trunk": "躯干",
        "arms": "双臂",
        "left_arm": "左臂",
        "right_arm": "右臂",
        "pelvis": "骨盆",
        "thighs": "双侧大腿",
        "left_thigh": "左大腿",
        "right_thigh": "右大腿",
        "shanks": "双侧小腿",
        "left_shank": "左小腿",
        "right_shank": "右小腿",
        "feet": "双足",
        "left_foot": "左足",
        "right_foot": "右足",
        "elsewhere": "其他位置",
    },
    phases={
        "left_loading": "双足着地，\n左足刚着地",
        "left_single": "左足\n单独支撑",
        "right_loading": "双足着地，\n右足刚着地",
        "right_single": "右足\n单独支撑",
        "unknown": "未知",
    },
)
